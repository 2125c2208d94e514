import Model
import Wire

/// Goes through all rows of a journal, and holds them against their digests, the chain and the counters.
///
/// Each look at the database is short, so that the log of a journal that is being written does not grow for it.
final class Verifier {
    private let database: Database
    private let labels: LabelShelf
    private var digester = RowDigester()
    private let findCounters: Statement
    private let findCommits: Statement
    private let findEvents: Statement
    private let findRequests: Statement
    private let findLosses: Statement
    private(set) var verification: Verification
    /// Rows that were seen, up to the newest ones there were at the beginning.
    private var seen = Extent()

    /// How many commits, or rows that belong to none, one look takes.
    private static let stepMax: Int64 = 500

    /// How many events and requests, or up to which of them.
    private struct Extent: Equatable {
        var events: Int64 = 0
        var requests: Int64 = 0

        var rows: Int64 { events + requests }

        func minus(_ other: Extent) -> Extent {
            Extent(events: events - other.events, requests: requests - other.requests)
        }
    }

    private struct Counters {
        let newest: Extent
        let removed: Extent
    }

    /// A commit's row.
    private struct Commit {
        let head: CommitHead
        let at: Instant
        let rows: RowDigest?
    }

    /// - Parameter verification: what was found before, to which this adds.
    init(_ database: Database, _ verification: Verification) throws(JournalError) {
        self.database = database
        self.verification = verification
        labels = try LabelShelf(database)
        findCounters = try database.prepare(
            "SELECT newest_event, newest_request, events_removed, requests_removed FROM counters")
        findCommits = try database.prepare(
            """
            SELECT number, last_event, last_request, chain, at_us, rows FROM commits
            WHERE number > ?1 ORDER BY number LIMIT ?2
            """)
        findEvents = try database.prepare(
            """
            SELECT sequence, id, label, received_us, subject, body, digest FROM events
            WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence
            """)
        findRequests = try database.prepare(
            """
            SELECT \(RequestRow.columns) FROM requests r LEFT JOIN sources s ON s.id = r.source
            WHERE r.id > ?1 AND r.id <= ?2 ORDER BY r.id
            """)
        findLosses = try database.prepare(
            """
            SELECT l.at_us, l.after_event, (SELECT c.last_event FROM commits c WHERE c.number = l.number) + 1, l.why,
            l.number FROM losses l ORDER BY l.number
            """)
    }

    /// Looks at every row there is.
    ///
    /// - Parameter tell: how many rows were looked at, again and again, and how many there are.
    func verifyRows(tell: (Int64, Int64) -> Void = { _, _ in }) throws(JournalError) {
        let before = try counters()
        verification.newestEvent = before.newest.events
        let losses = try readLosses()
        try readMendings()
        let total = before.newest.minus(before.removed).rows
        try verifyCommits(losses: losses, newest: before.newest) { tell(seen.rows, total) }
        let after = try counters()
        // Rows may be taken away while this goes on: between the two counts anything may be.
        let missing = Extent(
            events: before.newest.events - after.removed.events - seen.events,
            requests: before.newest.requests - after.removed.requests - seen.requests)
        let surplus = Extent(
            events: seen.events - (before.newest.events - before.removed.events),
            requests: seen.requests - (before.newest.requests - before.removed.requests))
        if missing.events > 0 || missing.requests > 0 {
            verification.add(.missing(events: max(0, missing.events), requests: max(0, missing.requests)))
        }
        if surplus.events > 0 || surplus.requests > 0 {
            verification.add(.structure("the counters say that there are fewer rows than there are"))
        }
    }

    /// Has SQLite look at the file's structure, in one look that holds the log.
    func verifyStructure(isBounded: Bool, bytesMax: Int64) throws(JournalError) {
        if isBounded, try database.number("PRAGMA page_count") * Pruner.pageBytes > bytesMax {
            verification.remarks.append(.unexamined)
            return
        }
        let check = try database.prepare("PRAGMA integrity_check(20)")
        while try check.row() {
            let words = check.text(0) ?? ""
            if words != "ok" { verification.add(.structure("its structure: \(words)")) }
        }
    }

    private func counters() throws(JournalError) -> Counters {
        defer { findCounters.reset() }
        guard try findCounters.row() else { throw .broken("the counters are gone") }
        return Counters(
            newest: Extent(events: findCounters.integer(0), requests: findCounters.integer(1)),
            removed: Extent(events: findCounters.integer(2), requests: findCounters.integer(3)))
    }

    /// The numbers of commits that closed a gap.
    private func readLosses() throws(JournalError) -> Set<Int64> {
        defer { findLosses.reset() }
        var numbers: Set<Int64> = []
        while try findLosses.row() {
            verification.losses.append(
                AcceptedLoss(
                    at: findLosses.instant(0), afterEvent: findLosses.integer(1), nextEvent: findLosses.integer(2),
                    why: findLosses.text(3) ?? ""))
            numbers.insert(findLosses.integer(4))
        }
        return numbers
    }

    private func readMendings() throws(JournalError) {
        let find = try database.prepare("SELECT at_us, words FROM mendings ORDER BY id LIMIT ?1")
        try find.bind(Int64(Verification.flawsMax), at: 1)
        while try find.row() { verification.remarks.append(.mended(at: find.instant(0), find.text(1) ?? "")) }
    }

    // MARK: Commits

    private func verifyCommits(
        losses: Set<Int64>, newest: Extent, tell: () -> Void
    ) throws(JournalError) {
        var last: CommitHead?
        while true {
            let isDone = try database.reading { () throws(JournalError) in
                let commits = try commits(after: last?.number ?? -1)
                for commit in commits {
                    try verify(commit, after: last, losses: losses, tell: tell)
                    last = commit.head
                    if commit.head.number > 0 { verification.commits += 1 }
                }
                return commits.isEmpty
            }
            tell()
            if isDone { break }
            verification.newestCommit = last?.number ?? 0
            // Those that come in meanwhile are left to the next time.
            if let last, last.lastEvent >= newest.events, last.lastRequest >= newest.requests { break }
        }
        if last == nil { throw .broken("the commits are gone") }
    }

    private func commits(after number: Int64) throws(JournalError) -> [Commit] {
        try findCommits.bind(number, at: 1)
        try findCommits.bind(Self.stepMax, at: 2)
        defer { findCommits.reset() }
        var commits: [Commit] = []
        while try findCommits.row() {
            guard let chain = ChainLink(findCommits.bytes(3)) else { throw .broken("a commit has no chain") }
            commits.append(
                Commit(
                    head: CommitHead(
                        number: findCommits.integer(0), lastEvent: findCommits.integer(1),
                        lastRequest: findCommits.integer(2), chain: chain),
                    at: findCommits.instant(4), rows: RowDigest(findCommits, 5)))
        }
        return commits
    }

    /// The first commit that is left is what all others are held against: those before it were pruned with their rows, or
    /// it is the one that stands for all from before there was a chain.
    private func verify(
        _ commit: Commit, after last: CommitHead?, losses: Set<Int64>, tell: () -> Void
    ) throws(JournalError) {
        let head = commit.head
        guard let last else {
            return try verifyRows(
                through: Extent(events: head.lastEvent, requests: head.lastRequest), tell: tell)
        }
        let isNext = head.number == last.number + 1 || losses.contains(head.number)
        let chain = commit.rows.map { rows in
            ChainLink(
                after: last, number: head.number, lastEvent: head.lastEvent, lastRequest: head.lastRequest,
                at: commit.at, rows: rows)
        }
        if !isNext || chain != head.chain { verification.add(.chain(head.number)) }
        var rows = CommitRows()
        let found = try verifyRows(
            after: Extent(events: last.lastEvent, requests: last.lastRequest),
            through: Extent(events: head.lastEvent, requests: head.lastRequest), into: &rows)
        let isWhole =
            found.events == head.lastEvent - last.lastEvent && found.requests == head.lastRequest - last.lastRequest
        if isWhole, rows.finish() != commit.rows { verification.add(.commit(head.number)) }
    }

    // MARK: Rows

    /// Rows from the first one on, which may be many: a few at a time.
    private func verifyRows(through last: Extent, tell: () -> Void) throws(JournalError) {
        var rows = CommitRows()
        var done = Extent()
        while done != last {
            let next = Extent(
                events: min(last.events, done.events + Self.stepMax),
                requests: min(last.requests, done.requests + Self.stepMax))
            _ = try verifyRows(after: done, through: next, into: &rows)
            done = next
            tell()
        }
    }

    /// How many there were.
    private func verifyRows(
        after first: Extent, through last: Extent, into rows: inout CommitRows
    ) throws(JournalError) -> Extent {
        let found = Extent(
            events: try verifyEvents(after: first.events, through: last.events, into: &rows),
            requests: try verifyRequests(after: first.requests, through: last.requests, into: &rows))
        verification.events += found.events
        verification.requests += found.requests
        seen.events += found.events
        seen.requests += found.requests
        return found
    }

    private func verifyEvents(
        after first: Int64, through last: Int64, into rows: inout CommitRows
    ) throws(JournalError) -> Int64 {
        try verifyEach(findEvents, after: first, through: last, digest: 6) {
            (row, written) throws(JournalError) in
            if try labels.soundEntry(in: row, digest: 6) == nil { verification.add(.event(row.integer(0))) }
            if let written { rows.add(event: written) }
        }
    }

    private func verifyRequests(
        after first: Int64, through last: Int64, into rows: inout CommitRows
    ) throws(JournalError) -> Int64 {
        try verifyEach(findRequests, after: first, through: last, digest: RequestRow.digestColumn) {
            (row, written) throws(JournalError) in
            let isSound = RequestRow(row).map { digester.digest(of: $0) } == written
            if written == nil || !isSound { verification.add(.request(row.integer(0))) }
            if let written { rows.add(request: written) }
        }
    }

    /// Looks at each row that has a digest, in a column of its own; tells how many rows there are.
    private func verifyEach(
        _ rows: borrowing Statement, after first: Int64, through last: Int64, digest column: Int32,
        _ look: (borrowing Statement, _ written: RowDigest?) throws(JournalError) -> Void
    ) throws(JournalError) -> Int64 {
        try rows.bind(first, at: 1)
        try rows.bind(last, at: 2)
        defer { rows.reset() }
        var count: Int64 = 0
        while try rows.row() {
            count += 1
            if !rows.isNull(column) {
                try look(rows, RowDigest(rows, column))
            } else {
                verification.rowsWithoutDigest += 1
            }
        }
        return count
    }
}
