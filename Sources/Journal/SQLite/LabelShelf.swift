import Model

/// The labels that were read so far, by their short numbers, and entries made with them.
final class LabelShelf {
    private var labels: [Int64: Label] = [:]
    private let findLabel: Statement
    private var digester = RowDigester()

    init(_ database: Database) throws(JournalError) {
        findLabel = try database.prepare("SELECT type, provider, channel, source FROM labels WHERE id = ?1")
    }

    /// The label of that number; one without words where there is none, as a damaged event may have it.
    func label(_ number: Int64) throws(JournalError) -> Label {
        try knownLabel(number) ?? Label(type: "", provider: "", channel: "", source: "")
    }

    /// Nil where there is no label of that number.
    func knownLabel(_ number: Int64) throws(JournalError) -> Label? {
        if let known = labels[number] { return known }
        try findLabel.bind(number, at: 1)
        defer { findLabel.reset() }
        guard
            try findLabel.row(), let type = findLabel.text(0), let provider = findLabel.text(1),
            let channel = findLabel.text(2), let source = findLabel.text(3)
        else { return nil }
        let label = Label(type: type, provider: provider, channel: channel, source: source)
        labels[number] = label
        return label
    }

    /// The entry of a row that begins with sequence, id, label, time, subject and body. Of one that is damaged it has what
    /// there is.
    func entry(in row: borrowing Statement) throws(JournalError) -> Entry {
        let (high, low) = row.sixteenBytes(1) ?? (0, 0)
        let event = FrozenEvent(
            id: EventID(high: high, low: low), label: try label(row.integer(2)), subject: row.text(4),
            bytes: row.bytes(5))
        return Entry(sequence: row.integer(0), event: event, receivedAt: row.instant(3))
    }

    /// As ``entry(in:)``; nil where the row is not as it was written, by the digest in a column of its own.
    ///
    /// A row from before there were digests is taken as it is.
    func soundEntry(in row: borrowing Statement, digest column: Int32) throws(JournalError) -> Entry? {
        guard !row.isNull(column) else { return try entry(in: row) }
        guard let id = row.sixteenBytes(1), let label = try knownLabel(row.integer(2)) else { return nil }
        let event = FrozenEvent(
            id: EventID(high: id.high, low: id.low), label: label, subject: row.text(4), bytes: row.bytes(5))
        let entry = Entry(sequence: row.integer(0), event: event, receivedAt: row.instant(3))
        let digest = digester.digest(
            ofEvent: event, label: row.integer(2), sequence: entry.sequence, receivedAt: entry.receivedAt)
        return RowDigest(row, column) == digest ? entry : nil
    }
}
