import Model

/// Counts what vendors send that is not known yet: a row for each kind, place and word, and no more rows than bounded.
///
/// What finds no place is counted as left out, so that whoever looks knows that there is more.
final class SightingLedger {
    private let raise: Statement
    private let insert: Statement
    private let leaveOut: Statement
    private let countRows: Statement
    /// How many rows there are; nothing where that has to be asked for.
    private var rows: Int64?

    /// How many rows there are at most; a sighting that would be one more is left out.
    static let rowsMax: Int64 = 10_000
    /// How many sightings of one request are counted; the rest of them is left out.
    static let eachRequestMax = 64
    /// How much of a path or a word is kept: vendors choose the names of their fields, and their length.
    static let scalarsMax = 256

    init(_ database: Database) throws(JournalError) {
        raise = try database.prepare(
            """
            UPDATE sightings SET count = count + 1, first_us = min(first_us, ?5), last_us = max(last_us, ?5),
            request_id = ?6 WHERE provider = ?1 AND kind = ?2 AND path = ?3 AND word = ?4
            RETURNING count
            """)
        insert = try database.prepare(
            """
            INSERT INTO sightings(provider, kind, path, word, first_us, last_us, count, request_id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, ?6)
            """)
        leaveOut = try database.prepare("UPDATE counters SET sightings_left_out = sightings_left_out + ?1")
        countRows = try database.prepare("SELECT count(*) FROM sightings")
    }

    /// Rows may have come and gone behind its back: it counts them again before the next one.
    func forget() {
        rows = nil
    }

    /// Counts what was new in a request, in the transaction that is open.
    func note(_ receipt: Receipt) throws(JournalError) {
        var leftOut = Int64(max(0, receipt.sightings.count - Self.eachRequestMax))
        for sighting in receipt.sightings.prefix(Self.eachRequestMax) {
            if try !note(sighting, of: receipt) { leftOut += 1 }
        }
        guard leftOut > 0 else { return }
        try leaveOut.bind(leftOut, at: 1)
        try leaveOut.run()
    }

    /// Whether there was place for it.
    private func note(_ sighting: Sighting, of receipt: Receipt) throws(JournalError) -> Bool {
        try bind(sighting, of: receipt, to: raise)
        let isKnown: Bool
        do {
            defer { raise.reset() }
            isKnown = try raise.row()
        }
        if isKnown { return true }
        let rows = try rowCount()
        guard rows < Self.rowsMax else { return false }
        try bind(sighting, of: receipt, to: insert)
        try insert.run()
        self.rows = rows + 1
        return true
    }

    private func bind(
        _ sighting: Sighting, of receipt: Receipt, to statement: borrowing Statement
    ) throws(JournalError) {
        try statement.bind(receipt.provider, at: 1)
        try statement.bind(sighting.kind.rawValue, at: 2)
        try statement.bind(Self.cut(sighting.path), at: 3)
        try statement.bind(Self.cut(sighting.word), at: 4)
        try statement.bind(receipt.receivedAt.microseconds, at: 5)
        try statement.bind(receipt.requestId, at: 6)
    }

    private func rowCount() throws(JournalError) -> Int64 {
        if let rows { return rows }
        defer { countRows.reset() }
        return try countRows.row() ? countRows.integer(0) : 0
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > scalarsMax else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(scalarsMax)))
    }
}
