import Model

/// Deletes what need not be kept, a little at a time: each step is a transaction that nobody waits for long.
final class Pruner {
    private let database: Database
    private let sweeper: Sweeper
    private let findCursor: Statement
    private let findEvents: Statement
    private let removeEvent: Statement
    private let removeAttempts: Statement
    private let findRaw: Statement
    private let findFaults: Statement
    private let removeFault: Statement
    private let removeSightings: Statement
    private let removePassages: Statement
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

    /// A row that may go, by its number in its table.
    private struct Candidate {
        let number: Int64
        let request: Int64
        let at: Instant
        let bytes: Int64
        /// Whether it is still needed.
        let isHeld: Bool

        /// From a row that begins with these five.
        init(_ row: borrowing Statement) {
            number = row.integer(0)
            request = row.integer(1)
            at = row.instant(2)
            bytes = row.integer(3)
            isHeld = row.integer(4) != 0
        }
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
        removeAttempts = try database.prepare("DELETE FROM attempts WHERE sequence = ?1")
        // What is in quarantine needs its request, to be read again.
        findRaw = try database.prepare(
            """
            SELECT r.id, r.id, r.received_us, length(r.body), EXISTS (SELECT 1 FROM quarantine q WHERE q.request = r.id)
            FROM requests r WHERE r.id > ?1 AND ?2 >= r.id ORDER BY r.id LIMIT ?3
            """)
        findFaults = try database.prepare(
            """
            SELECT q.id, q.request, q.at_us,
            coalesce((SELECT length(r.body) FROM requests r WHERE r.id = q.request), 0), 0
            FROM quarantine q WHERE q.id > ?1 AND ?2 >= q.id ORDER BY q.id LIMIT ?3
            """)
        removeFault = try database.prepare("DELETE FROM quarantine WHERE id = ?1")
        removeSightings = try database.prepare("DELETE FROM sightings WHERE last_us < ?1")
        removePassages = try database.prepare("DELETE FROM passages WHERE at_us < ?1")
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
        guard let goal = round.pagesGoal, round.retention.dropsDelivered else { return 0 }
        return max(0, try pagesInUse() - goal) * Self.pageBytes
    }

    private static func number(_ statement: borrowing Statement) throws(JournalError) -> Int64 {
        defer { statement.reset() }
        return try statement.row() ? statement.integer(0) : 0
    }

    // MARK: Rows

    /// Deletes rows from the oldest on, and the requests of which nothing is left by that.
    ///
    /// It ends at the first one that may stay: one that came later but bears an older time waits for its turn.
    /// - Parameters:
    ///   - before: what is older goes.
    ///   - excessBytes: how much has to go beside that, whatever its age.
    ///   - next: the stage that follows.
    private func prune(
        _ candidates: [Candidate], _ round: inout PruningRound, before: Instant?, excessBytes: Int64 = 0,
        then next: PruningRound.Stage, remove: (Candidate, _ isOld: Bool, inout Pruned) throws(JournalError) -> Void
    ) throws(JournalError) {
        var bytes: Int64 = 0
        var requests: Set<Int64> = []
        var isAtEnd = candidates.count < rowsMax
        for candidate in candidates {
            let isOld = before.map { candidate.at < $0 } ?? false
            guard isOld || bytes < excessBytes else {
                // Whether that was enough is seen when the pages are counted again.
                isAtEnd = excessBytes == 0
                break
            }
            round.position = candidate.number
            guard !candidate.isHeld else { continue }
            try remove(candidate, isOld, &round.pruned)
            requests.insert(candidate.request)
            bytes += candidate.bytes
            guard bytes < bytesMax else {
                isAtEnd = false
                break
            }
        }
        for request in requests.sorted() where try sweeper.sweep(request) { round.pruned.requests += 1 }
        if isAtEnd { round.enter(next) }
    }

    private func candidates(
        _ find: borrowing Statement, after number: Int64, through last: Int64 = .max
    ) throws(JournalError) -> [Candidate] {
        try find.bind(number, at: 1)
        try find.bind(last, at: 2)
        try find.bind(rowsMax, at: 3)
        defer { find.reset() }
        var candidates: [Candidate] = []
        while try find.row() { candidates.append(Candidate(find)) }
        return candidates
    }

    private func remove(_ number: Int64, by statement: borrowing Statement) throws(JournalError) {
        try statement.bind(number, at: 1)
        try statement.run()
    }

    /// Deletes events that every sink has had.
    func pruneEvents(_ round: inout PruningRound) throws(JournalError) {
        let excessBytes = try excessBytes(round)
        let before = round.retention.before
        guard excessBytes > 0 || before != nil else { return round.enter(.raw) }
        let found = try candidates(findEvents, after: round.position, through: passed(by: round.retention.sinks))
        var passed = round.position
        try prune(found, &round, before: before, excessBytes: excessBytes, then: .raw) {
            (event, isOld, pruned) throws(JournalError) in
            try remove(event.number, by: removeEvent)
            try remove(event.number, by: removeAttempts)
            pruned.events += 1
            if !isOld { pruned.eventsForRoom += 1 }
            passed = event.number
        }
        round.eventsPassed = max(round.eventsPassed, passed, round.position)
        try removeCommits.bind(round.eventsPassed, at: 1)
        try removeCommits.bind(rowsMax, at: 2)
        try removeCommits.run()
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

    /// Deletes requests as they came in, delivered or not: their events stay.
    func pruneRaw(_ round: inout PruningRound) throws(JournalError) {
        guard let before = round.retention.rawBefore else { return round.enter(.quarantine) }
        let found = try candidates(findRaw, after: round.position)
        try prune(found, &round, before: before, then: .quarantine) { (request, _, pruned) throws(JournalError) in
            try sweeper.remove(request.number)
            pruned.requests += 1
        }
    }

    /// Deletes items of the quarantine for their age only: nobody has had them yet.
    func pruneQuarantine(_ round: inout PruningRound) throws(JournalError) {
        guard let before = round.retention.before else { return round.enter(.sightings) }
        let found = try candidates(findFaults, after: round.position)
        try prune(found, &round, before: before, then: .sightings) { (item, _, pruned) throws(JournalError) in
            try remove(item.number, by: removeFault)
            pruned.faults += 1
        }
    }

    // MARK: Sightings and passages

    /// Deletes sightings that were not seen again since, and when a sink came how far; they are few.
    func pruneSightings(_ round: inout PruningRound) throws(JournalError) {
        if let before = round.retention.before {
            try removeSightings.bind(before.microseconds, at: 1)
            try removeSightings.run()
            round.pruned.sightings += database.changes
            try remove(before.microseconds, by: removePassages)
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
