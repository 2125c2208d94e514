import Model

/// What the sinks ask: entries in their order, how far they came, and what waits for another try.
final class ForwardDesk {
    private let labels: LabelShelf
    private let findEntries: Statement
    private let findNewest: Statement
    private let findProgress: Statement
    private let findRetries: Statement

    /// How many entries one question looks at, so that a filter which few pass does not hold the thread for long.
    private static let entriesLookedAtMax = 4_096
    /// How many bytes of events one answer holds, unless its first event has more.
    private static let answerBytesMax = 4 << 20

    init(_ database: Database) throws(JournalError) {
        labels = try LabelShelf(database)
        findEntries = try database.prepare(
            """
            SELECT sequence, id, label, received_us, subject, body FROM events
            WHERE sequence > ?1 ORDER BY sequence LIMIT ?2
            """)
        findNewest = try database.prepare("SELECT newest_event FROM counters")
        findProgress = try database.prepare("SELECT cursor, position FROM sinks WHERE name = ?1")
        findRetries = try database.prepare(
            """
            SELECT e.sequence, e.id, e.label, e.received_us, e.subject, e.body, r.attempts, r.first_tried_us, r.due_us
            FROM retries r JOIN events e ON e.sequence = r.sequence
            WHERE r.sink = (SELECT id FROM sinks WHERE name = ?1) AND r.sequence > ?2
            ORDER BY r.sequence LIMIT ?3
            """)
    }

    func read(after sequence: Int64, limit: Int, matching filter: EntryFilter) throws(JournalError) -> Batch {
        guard limit > 0 else { return Batch(entries: [], through: sequence) }
        let choice = filter == EntryFilter() ? nil : filter
        try findEntries.bind(sequence, at: 1)
        try findEntries.bind(Int64(Self.entriesLookedAtMax), at: 2)
        // Both are answered from the same moment, since this one is left open until the other has come to its end.
        let newest = try findNewest.row() ? findNewest.integer(0) : 0
        defer {
            findEntries.reset()
            findNewest.reset()
        }
        var entries: [Entry] = []
        var through = sequence
        var bytes = 0
        // There are few labels: each is held against the filter once.
        var verdicts: [Int64: Bool] = [:]
        var lookedAt = 0
        while bytes < Self.answerBytesMax, entries.count < limit {
            guard try findEntries.row() else {
                // Past the last one there is nothing, or what was there is pruned.
                if lookedAt < Self.entriesLookedAtMax { through = max(through, newest) }
                break
            }
            lookedAt += 1
            if let choice {
                let label = findEntries.integer(2)
                let verdict: Bool
                if let known = verdicts[label] {
                    verdict = known
                } else {
                    verdict = choice.matches(try labels.label(label))
                    verdicts[label] = verdict
                }
                guard verdict else {
                    through = findEntries.integer(0)
                    continue
                }
            }
            let entry = try labels.entry(in: findEntries)
            through = entry.sequence
            bytes += entry.event.bytes.count
            entries.append(entry)
        }
        return Batch(entries: entries, through: through)
    }

    func progress(of sink: String) throws(JournalError) -> Progress {
        try findProgress.bind(sink, at: 1)
        defer { findProgress.reset() }
        guard try findProgress.row() else { return Progress() }
        return Progress(cursor: findProgress.integer(0), position: findProgress.bytes(1))
    }

    func retries(of sink: String, after sequence: Int64, limit: Int) throws(JournalError) -> [Retry] {
        try findRetries.bind(sink, at: 1)
        try findRetries.bind(sequence, at: 2)
        try findRetries.bind(Int64(max(0, limit)), at: 3)
        defer { findRetries.reset() }
        var retries: [Retry] = []
        var bytes = 0
        while bytes < Self.answerBytesMax, try findRetries.row() {
            let entry = try labels.entry(in: findRetries)
            bytes += entry.event.bytes.count
            retries.append(
                Retry(
                    entry: entry, attempts: Int(clamping: findRetries.integer(6)),
                    firstTriedAt: findRetries.instant(7), dueAt: findRetries.instant(8)))
        }
        return retries
    }
}
