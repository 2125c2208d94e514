import Model

/// Looks for events by what stands in them.
///
/// There is no index of texts, which would make every commit dearer: it reads so many events back, and says where it
/// stopped. It runs on the connection of whoever looks, so that nobody else waits for it.
final class TextSearch {
    private let find: Statement

    /// How many events one search looks at, and after how many bytes of them it goes no further: it is to be done long before
    /// its time is up.
    private static let eventsLookedAtMax: Int64 = 20_000
    private static let bytesLookedAtMax: Int64 = 64 << 20

    init(_ database: Database) throws(JournalError) {
        // Letters of ASCII are found in either case. What is looked for stands in the event as JSON spells it.
        find = try database.prepare(
            """
            SELECT sequence, CAST(body AS TEXT) LIKE ?3 ESCAPE '\\', length(body) FROM events WHERE sequence < ?1
            ORDER BY sequence DESC LIMIT ?2
            """)
    }

    /// The numbers of events before that one whose bytes hold the text, the newest first, and where to go on.
    func page(_ text: String, before start: Int64, limit: Int) throws(JournalError) -> (found: [Int64], next: Int64?) {
        try find.bind(start, at: 1)
        try find.bind(Self.eventsLookedAtMax, at: 2)
        try find.bind(Self.pattern(of: text), at: 3)
        defer { find.reset() }
        let rows = BrowsingDesk.rows(limit)
        var found: [Int64] = []
        var lookedAt: Int64 = 0
        var bytes: Int64 = 0
        var last = start
        while found.count < rows, bytes < Self.bytesLookedAtMax, try find.row() {
            lookedAt += 1
            bytes += find.integer(2)
            last = find.integer(0)
            if find.integer(1) != 0 { found.append(last) }
        }
        let isEnd = found.count < rows && bytes < Self.bytesLookedAtMax && lookedAt < Self.eventsLookedAtMax
        return (found, isEnd ? nil : last)
    }

    /// What `LIKE` takes for the text itself, wherever it stands.
    private static func pattern(of text: String) -> String {
        let spelled = String(decoding: Verbatim.string(text).json.dropFirst().dropLast(), as: UTF8.self)
        let escaped = spelled.map { "%_\\".contains($0) ? "\\\($0)" : String($0) }
        return "%\(escaped.joined())%"
    }
}
