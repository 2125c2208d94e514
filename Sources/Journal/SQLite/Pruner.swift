import Model

/// Deletes what need not be kept, a little at a time: each step is a transaction that nobody waits for long.
final class Pruner {
    private let database: Database
    private let sweeper: Sweeper
    private let findCursor: Statement
    private let findEvents: Statement
    private let removeEvent: Statement
    private let findFaults: Statement
    private let removeFault: Statement
    private let removeSightings: Statement
    private let removeCommits: Statement
    private let countPages: Statement
    private let countFreePages: Statement

    /// How many rows one step looks at.
    private let rowsMax: Int64
    /// How many bytes of bodies one step deletes, unless its first row has more: each page of them is overwritten.
    private let bytesMax: Int64
    /// How many pages one step moves to give back as many.
    let pagesMax: Int64
    /// How many free pages are left in the file, for what comes next.
    private let freePagesKept: Int64

    static let pageBytes: Int64 = 4_096

    private struct Candidate {
        let sequence: Int64
        let request: Int64
        let receivedAt: Instant
        let bytes: Int64
        /// Whether a sink has it among its retries or its dead letters.
        let isHeld: Bool
    }

    init(_ database: Database, _ settings: SQLiteJournal.Settings) throws(JournalError) {
        self.database = database
        rowsMax = Int64(max(1, settings.pruneRowsMax))
        bytesMax = Int64(settings.pruneBytesMax)
        pagesMax = max(1, Int64(settings.pruneBytesMax) / Self.pageBytes)
        freePagesKept = Int64(settings.freeBytesKept) / Self.pageBytes
        sweeper = try Sweeper(database)
        findCursor = try database.prepare("SELECT cursor FROM sinks WHERE name = ?1")
        findEvents = try database.prepare(
            """
            SELECT e.sequence, e.request, e.received_us,
            length(e.body) + coalesce((SELECT length(r.body) FROM requests r WHERE r.id = e.request), 0),
            EXISTS (
                SELECT 1 FROM sinks s
                WHERE EXISTS (SELECT 1 FROM retries t WHERE t.sink = s.id AND t.sequence = e.sequence)
                OR EXISTS (SELECT 1 FROM dead_letters d WHERE d.sink = s.id AND d.sequence = e.sequence))
            FROM events e WHERE e.sequence > ?1 AND e.sequence <= ?2 ORDER BY e.sequence LIMIT ?3
            """)
        removeEvent = try database.prepare("DELETE FROM events WHERE sequence = ?1")
        findFaults = try database.prepare(
            """
            SELECT q.id, q.request, q.at_us, coalesce((SELECT length(r.body) FROM requests r WHERE r.id = q.request), 0)
            FROM quarantine q WHERE q.id > ?1 ORDER BY q.id LIMIT ?2
            """)
        removeFault = try database.prepare("DELETE FROM quarantine WHERE id = ?1")
        removeSightings = try database.prepare("DELETE FROM sightings WHERE last_us < ?1")
        // The last one stays, whatever it wrote: the next is joined to it.
        removeCommits = try database.prepare(
            """
            DELETE FROM commits WHERE number < (SELECT max(number) FROM commits) AND number <= (
                SELECT max(number) FROM (SELECT number, last_event FROM commits ORDER BY number LIMIT ?2)
                WHERE last_event <= ?1)
            """)
        countPages = try database.prepare("PRAGMA page_count")
        countFreePages = try database.prepare("PRAGMA freelist_count")
    }

    /// How many pages hold something.
    func pagesInUse() throws(JournalError) -> Int64 {
        try Self.number(countPages) - Self.number(countFreePages)
    }

    /// How many bytes have to go, whatever their age.
    private func excessBytes(_ round: PruningRound) throws(JournalError) -> Int64 {
        guard let goal = round.pagesGoal else { return 0 }
        return max(0, try pagesInUse() - goal) * Self.pageBytes
    }

    private static func number(_ statement: borrowing Statement) throws(JournalError) -> Int64 {
        defer { statement.reset() }
        return try statement.row() ? statement.integer(0) : 0
    }

    // MARK: Events

    /// Deletes events from the oldest on, and the requests that are done with by that.
    ///
    /// It ends at the first one that may stay: one that came later but bears an older time waits for its turn.
    func pruneEvents(_ round: inout PruningRound) throws(JournalError) {
        let excessBytes = try excessBytes(round)
        guard excessBytes > 0 || round.retention.before != nil else { return round.enter(.quarantine) }
        let candidates = try events(after: round.position, through: passed(by: round.retention.sinks))
        var bytes: Int64 = 0
        var requests: Set<Int64> = []
        var isAtEnd = candidates.count < rowsMax
        for candidate in candidates {
            let isOld = round.retention.before.map { candidate.receivedAt < $0 } ?? false
            guard isOld || bytes < excessBytes else {
                // Whether that was enough is seen when the pages are counted again.
                isAtEnd = excessBytes == 0
                break
            }
            round.position = candidate.sequence
            round.eventsPassed = candidate.sequence
            guard !candidate.isHeld else { continue }
            try removeEvent.bind(candidate.sequence, at: 1)
            try removeEvent.run()
            round.pruned.events += 1
            requests.insert(candidate.request)
            bytes += candidate.bytes
            guard bytes < bytesMax else {
                isAtEnd = false
                break
            }
        }
        try sweep(requests, &round)
        try removeCommits.bind(round.eventsPassed, at: 1)
        try removeCommits.bind(rowsMax, at: 2)
        try removeCommits.run()
        if isAtEnd { round.enter(.quarantine) }
    }

    /// The number through which each of the sinks has come; one that has recorded nothing is at the beginning.
    private func passed(by sinks: [String]) throws(JournalError) -> Int64 {
        var passed = Int64.max
        for sink in sinks {
            try findCursor.bind(sink, at: 1)
            passed = min(passed, try Self.number(findCursor))
        }
        return passed
    }

    private func events(after sequence: Int64, through last: Int64) throws(JournalError) -> [Candidate] {
        try findEvents.bind(sequence, at: 1)
        try findEvents.bind(last, at: 2)
        try findEvents.bind(rowsMax, at: 3)
        defer { findEvents.reset() }
        var candidates: [Candidate] = []
        while try findEvents.row() {
            candidates.append(
                Candidate(
                    sequence: findEvents.integer(0), request: findEvents.integer(1), receivedAt: findEvents.instant(2),
                    bytes: findEvents.integer(3), isHeld: findEvents.integer(4) != 0))
        }
        return candidates
    }

    private func sweep(_ requests: Set<Int64>, _ round: inout PruningRound) throws(JournalError) {
        for request in requests.sorted() where try sweeper.sweep(request) { round.pruned.requests += 1 }
    }

    // MARK: Quarantine and sightings

    /// Deletes items of the quarantine for their age only: nobody has had them yet.
    func pruneQuarantine(_ round: inout PruningRound) throws(JournalError) {
        guard let before = round.retention.before else { return round.enter(.sightings) }
        let items = try faults(after: round.position)
        var bytes: Int64 = 0
        var requests: Set<Int64> = []
        var isAtEnd = items.count < rowsMax
        for item in items {
            guard item.at < before else {
                isAtEnd = true
                break
            }
            round.position = item.id
            try removeFault.bind(item.id, at: 1)
            try removeFault.run()
            round.pruned.faults += 1
            requests.insert(item.request)
            bytes += item.bytes
            guard bytes < bytesMax else {
                isAtEnd = false
                break
            }
        }
        try sweep(requests, &round)
        if isAtEnd { round.enter(.sightings) }
    }

    private func faults(
        after id: Int64
    ) throws(JournalError) -> [(id: Int64, request: Int64, at: Instant, bytes: Int64)] {
        try findFaults.bind(id, at: 1)
        try findFaults.bind(rowsMax, at: 2)
        defer { findFaults.reset() }
        var items: [(id: Int64, request: Int64, at: Instant, bytes: Int64)] = []
        while try findFaults.row() {
            items.append((findFaults.integer(0), findFaults.integer(1), findFaults.instant(2), findFaults.integer(3)))
        }
        return items
    }

    /// Deletes sightings that were not seen again since; they are few.
    func pruneSightings(_ round: inout PruningRound) throws(JournalError) {
        if let before = round.retention.before {
            try removeSightings.bind(before.microseconds, at: 1)
            try removeSightings.run()
            round.pruned.sightings += database.changes
        }
        round.enter(.ids)
    }

    // MARK: Giving back

    /// Gives free pages at the end of the file back to the file system, and moves others there first.
    ///
    /// A file that was made before version 2 keeps its free pages, and fills them again before it grows.
    func giveBack(_ round: inout PruningRound) throws(JournalError) {
        let freePages = try Self.number(countFreePages)
        guard freePages > freePagesKept else { return round.enter(.over) }
        try database.execute("PRAGMA incremental_vacuum(\(min(pagesMax, freePages - freePagesKept)))")
        if try Self.number(countFreePages) == freePages { round.enter(.over) }
    }
}
