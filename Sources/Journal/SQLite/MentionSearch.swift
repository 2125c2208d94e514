import Model

/// Looks for rows that name somebody, or anything, by going through all of them: there is no index of that, which would
/// cost a page of writing for each event.
final class MentionSearch {
    private let findEvents: Statement
    private let findRequests: Statement

    /// How many rows one search looks at, and after how many bytes of them it goes no further: it is to be done long before
    /// its time is up.
    private static let rowsLookedAtMax: Int64 = 5_000
    private static let bytesLookedAtMax: Int64 = 64 << 20

    init(_ database: Database) throws(JournalError) {
        findEvents = try database.prepare(
            """
            SELECT sequence, request, subject IS ?3 OR instr(body, ?4) > 0, length(body) FROM events
            WHERE sequence > ?1 ORDER BY sequence LIMIT ?2
            """)
        // Only of what is in quarantine: what all others bring is in their events.
        findRequests = try database.prepare(
            """
            SELECT r.id, r.id, instr(lower(CAST(r.body AS TEXT)), ?3) > 0, length(r.body) FROM requests r
            WHERE r.id IN (SELECT DISTINCT q.request FROM quarantine q WHERE q.request > ?1 ORDER BY q.request LIMIT ?2)
            ORDER BY r.id
            """)
    }

    /// Events that are about a subject, or have the text for a value anywhere, after the event of that number.
    func events(mentioning text: String, after sequence: Int64) throws(JournalError) -> Mentions {
        try findEvents.bind(text, at: 3)
        try findEvents.bind(Verbatim.string(text).json, at: 4)
        return try page(findEvents, after: sequence) { mentions, sequence, request in
            mentions.events.append(sequence)
            mentions.requests.append(request)
        }
    }

    /// Requests with something in quarantine whose body has the text in it, after the request of that number.
    func quarantined(mentioning text: String, after request: Int64) throws(JournalError) -> Mentions {
        try findRequests.bind(MentionSpelling.inBodies(text), at: 3)
        return try page(findRequests, after: request) { mentions, _, request in mentions.requests.append(request) }
    }

    private func page(
        _ find: borrowing Statement, after number: Int64, take: (inout Mentions, Int64, Int64) -> Void
    ) throws(JournalError) -> Mentions {
        try find.bind(number, at: 1)
        try find.bind(Self.rowsLookedAtMax, at: 2)
        defer { find.reset() }
        var mentions = Mentions()
        var lookedAt: Int64 = 0
        var bytes: Int64 = 0
        var last = number
        while bytes < Self.bytesLookedAtMax, try find.row() {
            lookedAt += 1
            bytes += find.integer(3)
            last = find.integer(0)
            if find.integer(2) != 0 { take(&mentions, last, find.integer(1)) }
        }
        let isEnd = lookedAt < Self.rowsLookedAtMax && bytes < Self.bytesLookedAtMax
        mentions.next = isEnd ? nil : last
        return mentions
    }
}
