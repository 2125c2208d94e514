import Model

/// What the sinks ask: entries in their order, how far they came, and what waits for another try.
final class ForwardDesk {
    private let labels: LabelShelf
    private let findEntries: Statement
    private let findEntry: Statement
    private let findNewest: Statement
    private let findProgress: Statement
    private let findTrials: Statement
    private let findRetries: Statement
    private let findReplays: Statement

    /// How many entries one question looks at, so that a filter which few pass does not hold the thread for long.
    private static let entriesLookedAtMax = 4_096
    /// How many bytes of events one answer holds, unless its first event has more.
    private static let answerBytesMax = 4 << 20

    init(_ database: Database) throws(JournalError) {
        labels = try LabelShelf(database)
        findEntries = try database.prepare(
            """
            SELECT sequence, id, label, received_us, subject, body, digest FROM events
            WHERE sequence > ?1 ORDER BY sequence LIMIT ?2
            """)
        findEntry = try database.prepare(
            "SELECT sequence, id, label, received_us, subject, body, digest FROM events WHERE sequence = ?1")
        findNewest = try database.prepare("SELECT newest_event FROM counters")
        findProgress = try database.prepare(
            """
            SELECT cursor, position, is_served, id, halt_reason, halted_us, down_until_us, probes_failed
            FROM sinks WHERE name = ?1
            """)
        findTrials = try database.prepare("SELECT sequence, count FROM trials WHERE sink = ?1")
        // Of an event that is no more, such as one that was lost with a page, nothing is to be tried again.
        findRetries = try database.prepare(
            """
            SELECT sequence, attempts, first_tried_us, due_us FROM retries
            WHERE sink = (SELECT id FROM sinks WHERE name = ?1) AND sequence > ?2
            AND reason <> '\(SinkStatements.replayed)'
            AND EXISTS (SELECT 1 FROM events WHERE events.sequence = retries.sequence) ORDER BY sequence LIMIT ?3
            """)
        findReplays = try database.prepare(
            """
            SELECT sequence, attempts, first_tried_us, due_us FROM retries
            WHERE sink = (SELECT id FROM sinks WHERE name = ?1) AND sequence > ?2
            AND reason = '\(SinkStatements.replayed)'
            AND EXISTS (SELECT 1 FROM events WHERE events.sequence = retries.sequence) ORDER BY sequence LIMIT ?3
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
        var damaged: [Int64] = []
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
            through = findEntries.integer(0)
            if let choice {
                let label = findEntries.integer(2)
                if verdicts[label] == nil, let words = try labels.knownLabel(label) {
                    verdicts[label] = choice.matches(words)
                }
                // One whose label is not there is looked at more closely.
                guard verdicts[label] ?? true else { continue }
            }
            guard let entry = try labels.soundEntry(in: findEntries, digest: 6) else {
                damaged.append(through)
                continue
            }
            bytes += entry.event.bytes.count
            entries.append(entry)
        }
        return Batch(entries: entries, through: through, damaged: damaged)
    }

    func progress(of sink: String) throws(JournalError) -> Progress {
        try findProgress.bind(sink, at: 1)
        defer { findProgress.reset() }
        guard try findProgress.row() else { return Progress() }
        return Progress(
            cursor: findProgress.integer(0), position: findProgress.bytes(1), isServed: findProgress.integer(2) != 0,
            trials: try trials(of: findProgress.integer(3)), halt: findProgress.halt(4), outage: findProgress.outage(6))
    }

    private func trials(of sink: Int64) throws(JournalError) -> [Int64: Int] {
        try findTrials.bind(sink, at: 1)
        defer { findTrials.reset() }
        var trials: [Int64: Int] = [:]
        while try findTrials.row() { trials[findTrials.integer(0)] = Int(clamping: findTrials.integer(1)) }
        return trials
    }

    func retries(of sink: String, after sequence: Int64, limit: Int) throws(JournalError) -> [Retry] {
        try retries(findRetries, of: sink, after: sequence, limit: limit)
    }

    func replays(of sink: String, after sequence: Int64, limit: Int) throws(JournalError) -> [Retry] {
        try retries(findReplays, of: sink, after: sequence, limit: limit)
    }

    private func retries(
        _ find: borrowing Statement, of sink: String, after sequence: Int64, limit: Int
    ) throws(JournalError) -> [Retry] {
        try find.bind(sink, at: 1)
        try find.bind(sequence, at: 2)
        try find.bind(Int64(max(0, limit)), at: 3)
        defer { find.reset() }
        var retries: [Retry] = []
        var bytes = 0
        while bytes < Self.answerBytesMax, try find.row() {
            let number = find.integer(0)
            try findEntry.bind(number, at: 1)
            defer { findEntry.reset() }
            guard try findEntry.row() else { continue }
            let entry = try labels.soundEntry(in: findEntry, digest: 6)
            bytes += entry?.event.bytes.count ?? 0
            retries.append(
                Retry(
                    entry: entry ?? .damaged(number), isSound: entry != nil,
                    attempts: Int(clamping: find.integer(1)), firstTriedAt: find.instant(2),
                    dueAt: find.instant(3)))
        }
        return retries
    }
}

extension Entry {
    /// What stands for an entry that cannot be read: nothing of it but its number.
    fileprivate static func damaged(_ sequence: Int64) -> Entry {
        let label = Label(type: "", provider: "", channel: "", source: "")
        let event = FrozenEvent(id: EventID(high: 0, low: 0), label: label, subject: nil, bytes: [])
        return Entry(sequence: sequence, event: event, receivedAt: Instant(microseconds: 0))
    }
}

extension Statement {
    /// What says in two columns, the reason first, that a sink wants nothing more.
    func halt(_ column: Int32) -> Progress.Halt? {
        text(column).map { Progress.Halt(reason: $0, at: instant(column + 1)) }
    }

    /// What says in two columns, the time first, that a sink is down.
    func outage(_ column: Int32) -> Progress.Outage? {
        isNull(column)
            ? nil : Progress.Outage(until: instant(column), probesFailed: Int(clamping: integer(column + 1)))
    }
}
