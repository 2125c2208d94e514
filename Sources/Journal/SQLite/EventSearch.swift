import Model

/// Looks for events.
final class EventSearch {
    private let labels: LabelShelf
    private let findDown: Statement
    private let findUp: Statement
    private let findByNumber: Statement
    private let ids: IDSearch
    private let database: Database
    private let findRange: Statement
    private let findRequestID: Statement

    /// How many events one search looks at, whatever it finds.
    private static let eventsLookedAtMax = 20_000
    /// Times of receipt rise with the numbers but for requests that overtook each other, and clocks that were set.
    private static let overtakingMs: Int64 = 3_600_000

    init(_ database: Database) throws(JournalError) {
        self.database = database
        labels = try LabelShelf(database)
        ids = try IDSearch(database)
        let columns = "SELECT sequence, id, label, received_us, subject, body, request, digest FROM events"
        findDown = try database.prepare("\(columns) WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2")
        findUp = try database.prepare("\(columns) WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")
        findByNumber = try database.prepare("\(columns) WHERE sequence = ?1")
        findRange = try database.prepare("\(columns) WHERE sequence >= ?1 AND sequence < ?2 ORDER BY sequence")
        findRequestID = try database.prepare("SELECT request_id FROM requests WHERE id = ?1")
    }

    func page(_ query: EventQuery) throws(JournalError) -> EventPage {
        switch query.order {
        case .newestFirst: try page(query, from: query.from ?? .max, by: findDown)
        case .oldestFirst: try page(query, from: query.from ?? 0, by: findUp)
        }
    }

    private func page(
        _ query: EventQuery, from start: Int64, by statement: borrowing Statement
    ) throws(JournalError) -> EventPage {
        try statement.bind(start, at: 1)
        try statement.bind(Int64(Self.eventsLookedAtMax), at: 2)
        defer { statement.reset() }
        let limit = Int(BrowsingDesk.rows(query.limit))
        let oldest = query.since?.advanced(byMilliseconds: -Self.overtakingMs)
        let newest = query.until?.advanced(byMilliseconds: Self.overtakingMs)
        var found: [StoredEvent] = []
        var bytes = 0
        var last = start
        var lookedAt = 0
        while found.count < limit, bytes < BrowsingDesk.answerBytesMax {
            guard try statement.row() else {
                return EventPage(events: found, next: lookedAt < Self.eventsLookedAtMax ? nil : last)
            }
            if query.order == .newestFirst, let oldest, statement.instant(3) < oldest {
                return EventPage(events: found, next: nil)
            }
            if query.order == .oldestFirst, let newest, statement.instant(3) >= newest {
                return EventPage(events: found, next: nil)
            }
            lookedAt += 1
            last = statement.integer(0)
            guard try passes(query, statement) else { continue }
            let event = try storedEvent(in: statement)
            bytes += event.entry.event.bytes.count
            found.append(event)
        }
        return EventPage(events: found, next: last)
    }

    private func passes(_ query: EventQuery, _ row: borrowing Statement) throws(JournalError) -> Bool {
        guard query.filter.matches(try labels.label(row.integer(2))) else { return false }
        if let since = query.since, row.instant(3) < since { return false }
        if let until = query.until, row.instant(3) >= until { return false }
        return query.subject == nil || row.text(4) == query.subject
    }

    func event(_ id: EventID) throws(JournalError) -> StoredEvent? {
        try database.reading { () throws(JournalError) in
            guard let sequence = try ids.sequence(of: id) else { return nil }
            try findByNumber.bind(sequence, at: 1)
            defer { findByNumber.reset() }
            return try findByNumber.row() ? try storedEvent(in: findByNumber) : nil
        }
    }

    func events(numbered range: Range<Int64>, limit: Int) throws(JournalError) -> [StoredEvent] {
        try findRange.bind(range.lowerBound, at: 1)
        try findRange.bind(range.upperBound, at: 2)
        defer { findRange.reset() }
        var found: [StoredEvent] = []
        while found.count < Int(BrowsingDesk.rows(limit)), try findRange.row() {
            found.append(try storedEvent(in: findRange))
        }
        return found
    }

    /// All of a run; nil where one is gone, or not as it was written.
    func soundEvents(numbered range: Range<Int64>) throws(JournalError) -> [FrozenEvent]? {
        try findRange.bind(range.lowerBound, at: 1)
        try findRange.bind(range.upperBound, at: 2)
        defer { findRange.reset() }
        var found: [FrozenEvent] = []
        while try findRange.row() {
            guard let entry = try labels.soundEntry(in: findRange, digest: 7) else { return nil }
            found.append(entry.event)
        }
        return found.count == range.count ? found : nil
    }

    private func storedEvent(in row: borrowing Statement) throws(JournalError) -> StoredEvent {
        try findRequestID.bind(row.integer(6), at: 1)
        defer { findRequestID.reset() }
        let requestId = try findRequestID.row() ? try findRequestID.id(0) : nil
        return StoredEvent(entry: try labels.entry(in: row), requestId: requestId)
    }
}
