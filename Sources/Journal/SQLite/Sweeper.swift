/// Takes away requests of which nothing is left.
final class Sweeper {
    private let removeRequest: Statement
    private let removeAny: Statement
    private let removeReplays: Statement
    private let database: Database

    init(_ database: Database) throws(JournalError) {
        self.database = database
        removeRequest = try database.prepare(
            """
            DELETE FROM requests WHERE id = ?1
            AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.request = ?1)
            AND NOT EXISTS (
                SELECT 1 FROM events e
                WHERE e.sequence >= requests.first_event
                AND e.sequence < requests.first_event + requests.event_count)
            AND NOT EXISTS (
                SELECT 1 FROM replays p CROSS JOIN events e
                WHERE p.request = ?1 AND e.sequence >= p.first_event AND e.sequence < p.first_event + p.event_count)
            """)
        removeAny = try database.prepare("DELETE FROM requests WHERE id = ?1")
        removeReplays = try database.prepare("DELETE FROM replays WHERE request = ?1")
    }

    /// Takes a request away if no event and no item in quarantine is left of it; tells whether it did.
    func sweep(_ request: Int64) throws(JournalError) -> Bool {
        try removeRequest.bind(request, at: 1)
        try removeRequest.run()
        guard database.changes > 0 else { return false }
        try removeReplays.bind(request, at: 1)
        try removeReplays.run()
        return true
    }

    /// Takes a request away, whatever is left of it; tells whether it was there.
    @discardableResult
    func remove(_ request: Int64) throws(JournalError) -> Bool {
        try removeAny.bind(request, at: 1)
        try removeAny.run()
        let wasThere = database.changes > 0
        try removeReplays.bind(request, at: 1)
        try removeReplays.run()
        return wasThere
    }
}
