import Model

/// Looks for events by what stands in them.
///
/// There is no index of texts, which would make every commit dearer: it reads so many events back, and says where it
/// stopped. It runs on the connection of whoever looks, so that nobody else waits for it.
final class TextSearch {
    private let find: Statement
    private let findEnd: Statement

    /// How many events one search looks at.
    private static let eventsLookedAtMax = 20_000

    init(_ database: Database) throws(JournalError) {
        // Letters of ASCII are found in either case. What is looked for stands in the event as JSON spells it.
        find = try database.prepare(
            """
            SELECT sequence FROM (SELECT sequence, body FROM events WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2)
            WHERE CAST(body AS TEXT) LIKE ?3 ESCAPE '\\' ORDER BY sequence DESC LIMIT ?4
            """)
        findEnd = try database.prepare(
            """
            SELECT min(sequence), count(*) FROM (SELECT sequence FROM events WHERE sequence < ?1 ORDER BY sequence DESC
            LIMIT ?2)
            """)
    }

    /// The numbers of events before that one whose bytes hold the text, the newest first, and where to go on.
    func page(_ text: String, before start: Int64, limit: Int) throws(JournalError) -> (found: [Int64], next: Int64?) {
        try find.bind(start, at: 1)
        try find.bind(Int64(Self.eventsLookedAtMax), at: 2)
        try find.bind(Self.pattern(of: text), at: 3)
        try find.bind(BrowsingDesk.rows(limit), at: 4)
        defer { find.reset() }
        var found: [Int64] = []
        while try find.row() { found.append(find.integer(0)) }
        if found.count == BrowsingDesk.rows(limit), let last = found.last { return (found, last) }
        try findEnd.bind(start, at: 1)
        try findEnd.bind(Int64(Self.eventsLookedAtMax), at: 2)
        defer { findEnd.reset() }
        guard try findEnd.row(), findEnd.integer(1) == Self.eventsLookedAtMax else { return (found, nil) }
        return (found, findEnd.integer(0))
    }

    /// What `LIKE` takes for the text itself, wherever it stands.
    private static func pattern(of text: String) -> String {
        let spelled = String(decoding: Verbatim.string(text).json.dropFirst().dropLast(), as: UTF8.self)
        let escaped = spelled.map { "%_\\".contains($0) ? "\\\($0)" : String($0) }
        return "%\(escaped.joined())%"
    }
}
