internal import Model
internal import Threads

/// Whose turn it is at each sink, and what happened there: one process at a time serves a sink, and moves it.
///
/// The turn is the sink's head, which is written only where it is still the one that was read last. A process that gives no
/// sign of life for as long as a turn lasts loses it to another one, and what it writes after that is refused. Clocks need
/// not agree: who waits for a turn measures how long the head stays the same.
actor SinkTurns {
    let log: Log
    /// Tells this process from all others.
    private let me: String
    private var held: [String: Turn] = [:]
    /// Heads of others, and since when each is as it is.
    private var watched: [String: (revision: Int64, since: ContinuousClock.Instant)] = [:]
    /// The last write to each sink's head; one after the other.
    private var writing: [String: Task<Void, Never>] = [:]
    /// Until when each turn is certain, for whoever asks from any thread.
    private nonisolated let certain = Lock<[String: ContinuousClock.Instant]>([:])
    /// Events that were erased while this process served a sink: nothing of them is written any more.
    private var erased: Set<Int64> = []
    nonisolated let words: AsyncStream<SinkWord>
    private let saying: AsyncStream<SinkWord>.Continuation

    private struct Turn {
        var revision: Int64
        var head: SinkHead
        /// What waits for another try: each row and its number in the stream.
        var retries: [Int64: (row: RetryRow, revision: Int64)] = [:]
        /// What is to be sent again, and where it is written.
        var replays: [Int64: Int64] = [:]
    }

    init(_ log: Log, me: String) {
        self.log = log
        self.me = me
        (words, saying) = AsyncStream.makeStream()
    }

    private var turn: Duration { .milliseconds(log.settings.turnMs) }

    /// Whether it is certain at this moment that no other process serves the sink.
    nonisolated func isCertain(at sink: String) -> Bool {
        certain.withLock { $0[sink] }.map { $0 > .now } ?? false
    }

    // MARK: Taking and keeping the turn

    /// Takes the turn at a sink where it is free, or its holder gave no sign of life for too long.
    /// - Returns: how far the sink has come; nil where another process serves it.
    func take(_ sink: String) async throws(JournalError) -> Progress? {
        let askedAt = ContinuousClock.now
        let stored = try await log.last(log.names.head(of: sink), in: log.names.state)
        let revision = stored?.sequence ?? 0
        let found = stored.flatMap { SinkHead($0.bytes) }
        if stored != nil, found == nil { throw .unusable("the log's word about the sink \(sink) cannot be read") }
        if let owner = found?.owner, !owner.isEmpty, owner != me {
            guard let seen = watched[sink], seen.revision == revision else {
                watched[sink] = (revision, .now)
                return nil
            }
            guard askedAt - seen.since >= turn else { return nil }
        }
        let head = SinkHead(owner: me, progress: found?.progress ?? Progress())
        let sentAt = ContinuousClock.now
        guard let taken = try await log.put(head.bytes, at: log.names.head(of: sink), expecting: revision) else {
            return nil
        }
        watched[sink] = nil
        var turn = Turn(revision: taken, head: head)
        turn.retries = try await retries(of: sink)
        held[sink] = turn
        note(sink, sentAt: sentAt)
        return head.progress
    }

    /// What the last holder left to be tried again. The leader that took our head has seen all that was written before it.
    private func retries(of sink: String) async throws(JournalError) -> [Int64: (row: RetryRow, revision: Int64)] {
        var rows: [Int64: (row: RetryRow, revision: Int64)] = [:]
        for subject in try await log.subjects(matching: log.names.retries(of: sink)) {
            guard let stored = try await log.last(subject, in: log.names.state) else { continue }
            guard let row = RetryRow(stored.bytes) else {
                throw .unusable("the log's word about a retry of the sink \(sink) cannot be read")
            }
            rows[row.sequence] = (row, stored.sequence)
        }
        return rows
    }

    /// Gives a sign of life at every sink that it is our turn at.
    func beat() async {
        let sinks = Array(held.keys)
        await withTaskGroup { group in
            // One that fails is told with the next record, or the turn runs out.
            for sink in sinks {
                group.addTask {
                    try? await self.record(Steps(), for: sink)
                    try? await self.listen(at: sink)
                }
            }
        }
    }

    // MARK: For what operators want

    func isHeld(_ sink: String) -> Bool { held[sink] != nil }

    func replays(of sink: String) -> [(key: Int64, value: Int64)] {
        held[sink]?.replays.sorted { $0.key < $1.key } ?? []
    }

    func note(replays: [(event: Int64, place: Int64)], of sink: String) {
        held[sink]?.replays = Dictionary(replays.map { ($0.event, $0.place) }, uniquingKeysWith: { $1 })
    }

    func drop(_ events: Set<Int64>, at sink: String) {
        erased.formUnion(events)
        for sequence in events {
            held[sink]?.retries[sequence] = nil
            held[sink]?.replays[sequence] = nil
        }
    }

    func tell(_ word: SinkWord) { saying.yield(word) }

    /// Nothing is told any more.
    nonisolated func endWords() { saying.finish() }

    private func note(_ sink: String, sentAt: ContinuousClock.Instant) {
        certain.withLock { $0[sink] = sentAt + turn }
    }

    private func lose(_ sink: String) {
        held[sink] = nil
        certain.withLock { $0[sink] = nil }
    }

    // MARK: What happened at a sink

    /// Entries that wait for another try, in order.
    func retries(of sink: String, after sequence: Int64, limit: Int) throws(JournalError) -> [RetryRow] {
        guard let turn = held[sink] else { throw .superseded }
        return turn.retries.keys.filter { $0 > sequence }.sorted().prefix(limit).compactMap { turn.retries[$0]?.row }
    }

    /// Records steps, one after the other for each sink.
    func record(_ steps: Steps, for sink: String) async throws(JournalError) {
        let before = writing[sink]
        let work = Task { () async -> Result<Void, JournalError> in
            await before?.value
            do throws(JournalError) {
                return .success(try await self.write(steps, for: sink))
            } catch {
                return .failure(error)
            }
        }
        writing[sink] = Task { _ = await work.value }
        try await work.value.get()
    }

    /// What is beside the head goes first: should it end in between, an entry is tried again, and none is passed over.
    ///
    /// What waits is changed in place, one row after the other: while the log is waited for, replays are noted and events
    /// erased.
    private func write(_ steps: Steps, for sink: String) async throws(JournalError) {
        guard isHeld(sink) else { throw .superseded }
        let sentAt = ContinuousClock.now
        for postponed in steps.postponed where !erased.contains(postponed.sequence) {
            let row = RetryRow(postponed)
            let subject = log.names.retry(row.sequence, of: sink)
            guard let revision = try await log.put(row.bytes, at: subject) else { throw .busy }
            if erased.contains(row.sequence) {
                try await log.delete(revision)
            } else {
                held[sink]?.retries[row.sequence] = (row, revision)
            }
        }
        for buried in steps.buried where !erased.contains(buried.sequence) {
            _ = try await log.put(buried.bytes, at: log.names.deadLetter(buried.sequence, of: sink))
        }
        let ended = steps.buried.map(\.sequence) + steps.settled.map(\.sequence)
        for sequence in ended + steps.postponed.map(\.sequence) {
            guard let place = held[sink]?.replays[sequence] else { continue }
            try await log.delete(place)
            // One that is wanted once more since then stands elsewhere, and stays.
            if held[sink]?.replays[sequence] == place { held[sink]?.replays[sequence] = nil }
        }
        for sequence in ended {
            guard let retry = held[sink]?.retries[sequence] else { continue }
            try await log.delete(retry.revision)
            held[sink]?.retries[sequence] = nil
        }
        guard let turn = held[sink] else { throw .superseded }
        var head = turn.head
        head.apply(steps)
        // Who says that it serves no more gives up its turn.
        if steps.isServed == false { head.owner = "" }
        let revision = try await replace(head, of: sink, at: turn.revision)
        if steps.isServed == false { return lose(sink) }
        guard isHeld(sink) else { throw .superseded }
        held[sink]?.head = head
        held[sink]?.revision = revision
        note(sink, sentAt: sentAt)
    }

    /// Writes the head, where it is still ours.
    private func replace(_ head: SinkHead, of sink: String, at revision: Int64) async throws(JournalError) -> Int64 {
        let subject = log.names.head(of: sink)
        if let written = try await log.put(head.bytes, at: subject, expecting: revision) { return written }
        // It is not the one that was read last: another's, or our own from a try that was not answered.
        guard let stored = try await log.last(subject, in: log.names.state),
            SinkHead(stored.bytes)?.owner == me,
            let written = try await log.put(head.bytes, at: subject, expecting: stored.sequence)
        else {
            lose(sink)
            throw .superseded
        }
        return written
    }
}
