public import Model
internal import NATS
internal import Threads

/// The journal in a stream of NATS JetStream, which any number of processes share.
///
/// One subject for each event's id, of which the stream takes one message and refuses the next: so the same event is
/// stored once, whichever process brings it, for as long as the stream keeps it. That is decided where the stream's
/// servers have agreed on an order, and needs no window of time. A message holds the event and the request that it came
/// with, so that there is never one without the other.
public final class NATSJournal: Journal {
    let log: Log
    private let reader: LogReader
    let turns: SinkTurns
    private let board = CommitBoard(newest: 0)
    private let polling = Lock<Task<Void, Never>?>(nil)
    /// What gives signs of life.
    let beating = Lock<Task<Void, Never>?>(nil)

    private static let pauseMs: Int64 = 50
    private static let triesMin = 2
    /// So often a sign of life is given within the time that a turn lasts.
    private static let beatsPerTurn: Int64 = 4

    /// Connects, and makes the streams where there are none.
    /// - Throws: ``JournalError/unusable(_:)`` where the streams are not set as they must be.
    public static func open(_ settings: Settings) async throws(JournalError) -> NATSJournal {
        let journal = NATSJournal(settings)
        do throws(JournalError) {
            try await journal.prepare()
        } catch {
            await journal.close()
            throw error
        }
        journal.begin()
        return journal
    }

    /// What in the log's settings breaks a promise, or may.
    public func weaknesses() async throws(JournalError) -> [LogWeakness] {
        try await LogStreams(log: log).weaknesses()
    }

    /// The same of a log that is not opened, in which nothing is made.
    public static func weaknesses(of settings: Settings) async throws(JournalError) -> [LogWeakness] {
        let journal = NATSJournal(settings)
        let result: Result<[LogWeakness], JournalError>
        do throws(JournalError) {
            result = .success(try await journal.weaknesses())
        } catch {
            result = .failure(error == .busy ? .unusable(Self.unreachable) : error)
        }
        await journal.close()
        return try result.get()
    }

    static let unreachable = "no server of the log answers"

    /// One that is not looked at yet: ``prepareOnce()`` and ``begin()`` are to come.
    static func unopened(_ settings: Settings) -> NATSJournal { NATSJournal(settings) }

    private init(_ settings: Settings) {
        log = Log(
            client: NATSClient(settings.servers), names: LogNames(stream: settings.stream), settings: settings)
        reader = LogReader(log)
        turns = SinkTurns(log, me: String(UInt64.random(in: .min ... .max), radix: 36))
    }

    /// Servers that were started at the same time as we were may need a while.
    private func prepare() async throws(JournalError) {
        let deadline = ContinuousClock.now + .milliseconds(log.settings.turnMs)
        while true {
            do throws(JournalError) {
                return try await prepareOnce()
            } catch .busy {
                guard ContinuousClock.now < deadline else { throw .unusable(Self.unreachable) }
                try? await Task.sleep(for: .milliseconds(Self.pauseMs))
            }
        }
    }

    /// Makes the streams where there are none, and sees how far they have come.
    func prepareOnce() async throws(JournalError) {
        try await LogStreams(log: log).prepare()
        board.post(try await log.newest())
    }

    func begin() {
        let (log, board, turns) = (log, board, turns)
        polling.withLock { $0 = poll(log, board) }
        beating.withLock { $0 = beat(log, turns) }
    }

    private func poll(_ log: Log, _ board: CommitBoard) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                if let newest = try? await log.newest(), newest > board.newest { board.post(newest) }
                try? await Task.sleep(for: .milliseconds(log.settings.pollMs))
            }
        }
    }

    private func beat(_ log: Log, _ turns: SinkTurns) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(log.settings.turnMs / Self.beatsPerTurn))
                await turns.beat()
            }
        }
    }

    public func close() async {
        for task in [polling.withLock { $0 }, beating.withLock { $0 }] {
            task?.cancel()
            await task?.value
        }
        turns.endWords()
        board.close()
        await log.client.close()
    }

    public var ailment: String? { log.client.isConnected ? nil : "out of reach" }

    /// A request's body is in a message twice, as it came and in the events that were made of it.
    /// - Throws: ``JournalError/unusable(_:)`` where the servers would not take one that is let in.
    public func checkRoom(forBodyBytes bodyBytes: Int) async throws(JournalError) {
        let needed = Int64(2 * bodyBytes + 65_536)
        let allowed: Int64
        do { allowed = try await log.client.payloadBytesMax() } catch { throw JournalError(error) }
        guard allowed < needed else { return }
        throw .unusable(
            "the log's servers take messages of \(allowed) bytes, and `limits.body` needs \(needed): raise their "
                + "`max_payload`, or lower `limits.body`")
    }

    // MARK: Requests

    /// Publishes them side by side, so that none waits for another's answer. Each begins before the next one does, and while
    /// there is a link those of one message each leave in their order.
    public nonisolated(nonsending) func append(
        _ receipts: [Receipt], tell: (_ place: Int, AppendOutcome) -> Void
    ) async {
        await withTaskGroup(of: AppendDone.self) { group in
            for (place, receipt) in receipts.enumerated() {
                group.addImmediateTask {
                    do throws(JournalError) {
                        return AppendDone(place: place, appended: try await self.store(receipt))
                    } catch {
                        return AppendDone(place: place, failure: error)
                    }
                }
            }
            for await done in group { tell(done.place, done.outcome) }
        }
    }

    /// What came of one of several requests. In the form of ``Outcome``, and for the same reason.
    private struct AppendDone: Sendable {
        let place: Int
        var appended = Appended(newEvents: 0, newFaults: 0)
        var failure: JournalError?

        var outcome: AppendOutcome { failure.map { .failure($0) } ?? .success(appended) }
    }

    /// Publishes all that a request comes to, and returns when the log has acknowledged all of it.
    ///
    /// Where that is so for some only, the vendor is told that nothing is promised, and sends it again: what is there
    /// already is then known.
    private nonisolated(nonsending) func store(_ receipt: Receipt) async throws(JournalError) -> Appended {
        let deadline = ContinuousClock.now + .milliseconds(log.settings.appendWithinMs)
        let (first, rest) = LogMessage.all(of: receipt)
        if let first { _ = try await store(first, by: deadline) }
        let isNew = rest.count == 1 ? [try await store(rest[0], by: deadline)] : try await storeAll(rest, by: deadline)
        let settledFaults = receipt.isReplay ? try await settleFaults(of: receipt) : 0
        return Appended(
            newEvents: isNew.prefix(receipt.events.count).count { $0 },
            newFaults: isNew.dropFirst(receipt.events.count).count { $0 }, settledFaults: settledFaults)
    }

    /// Stores messages side by side, each begun before the next one, and tells of each whether it is new.
    private func storeAll(
        _ messages: [LogMessage], by deadline: ContinuousClock.Instant
    ) async throws(JournalError) -> [Bool] {
        var isNew = [Bool](repeating: false, count: messages.count)
        var failure: JournalError?
        await withTaskGroup(of: Outcome.self) { group in
            for (index, message) in messages.enumerated() {
                group.addImmediateTask {
                    do throws(JournalError) {
                        return Outcome(index: index, isNew: try await self.store(message, by: deadline))
                    } catch {
                        return Outcome(index: index, failure: error)
                    }
                }
            }
            for await outcome in group {
                isNew[outcome.index] = outcome.isNew
                failure = failure ?? outcome.failure
            }
        }
        if let failure { throw failure }
        return isNew
    }

    /// What came of one of several messages.
    ///
    /// No tuple with a `Result` in it: Swift 6.3.1's optimizer was seen to make of one's index what it was not.
    private struct Outcome: Sendable {
        let index: Int
        var isNew = false
        var failure: JournalError?
    }

    /// Stores one message, under as many leaders as there may be within the time.
    /// - Returns: whether it is new.
    private func store(
        _ part: LogMessage, by deadline: ContinuousClock.Instant
    ) async throws(JournalError) -> Bool {
        let subject = part.subject(log.names)
        let message = NATSMessage(subject: subject, body: part.bytes)
        var isInDoubt = false
        var tries = 0
        while true {
            tries += 1
            do throws(NATSFault) {
                let stored = try await log.client.publish(message, timeoutMs: log.settings.tryMs)
                if stored.sequence > board.newest { board.post(stored.sequence) }
                return true
            } catch .refused(Log.Code.notStored, Log.subjectTaken) {
                // Believed only where it is seen: a server may say so of what is on its way and comes to nothing.
                let own = try await log.last(subject, in: log.names.stream, withinMs: log.settings.tryMs)
                if own != nil { return isInDoubt }
            } catch {
                guard case .busy = JournalError(error) else { throw JournalError(error) }
                if error == .unanswered { isInDoubt = true }
            }
            // Twice at least: a process that stood still finds its time over as it wakes, whatever the log would say.
            guard tries < Self.triesMin || ContinuousClock.now + .milliseconds(Self.pauseMs) < deadline else {
                throw .busy
            }
            try? await Task.sleep(for: .milliseconds(Self.pauseMs))
        }
    }

    // MARK: Sinks

    public func commits() async -> AsyncStream<Int64> { board.stream() }

    public func read(
        after sequence: Int64, limit: Int, matching filter: EntryFilter
    ) async throws(JournalError) -> Batch {
        let batch = try await reader.read(after: sequence, limit: limit, matching: filter)
        guard batch.through == sequence, sequence < board.newest else { return batch }
        // It may be that nothing follows, since what did was erased: who reads is to come past that.
        let newest = try await log.newest()
        guard try await log.next(">", from: sequence + 1, in: log.names.stream) == nil else { return batch }
        return Batch(entries: [], through: newest)
    }

    public func takeTurn(at sink: String) async throws(JournalError) -> Progress? {
        try await turns.take(sink)
    }

    public func isOurTurn(at sink: String) -> Bool { turns.isCertain(at: sink) }

    public func progress(of sink: String) async throws(JournalError) -> Progress {
        guard let stored = try await log.last(log.names.head(of: sink), in: log.names.state) else { return Progress() }
        guard let head = SinkHead(stored.bytes) else {
            throw .unusable("the log's word about the sink \(sink) cannot be read")
        }
        return head.progress
    }

    public func retries(
        of sink: String, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [Retry] {
        var retries: [Retry] = []
        for row in try await turns.retries(of: sink, after: sequence, limit: limit) {
            retries.append(
                try await retry(
                    row.sequence, attempts: row.attempts, firstTriedAt: row.firstTriedAt, dueAt: row.dueAt))
        }
        return retries
    }

    /// An entry as it is to be sent again; as unsound as its message is, or where that is gone.
    func retry(
        _ sequence: Int64, attempts: Int, firstTriedAt: Instant, dueAt: Instant
    ) async throws(JournalError) -> Retry {
        let stored = try await log.message(sequence, in: log.names.stream)
        let entry = stored.flatMap { LogMessage.entry($0.bytes, sequence: sequence) }
        return Retry(
            entry: entry ?? .unreadable(sequence), isSound: entry != nil, attempts: attempts,
            firstTriedAt: firstTriedAt, dueAt: dueAt)
    }

    public func record(_ steps: Steps, for sink: String) async throws(JournalError) {
        guard !steps.isEmpty else { return }
        try await turns.record(steps, for: sink)
    }
}

extension Entry {
    /// One of which nothing is known but its number.
    static func unreadable(_ sequence: Int64) -> Entry {
        Entry(
            sequence: sequence,
            event: FrozenEvent(
                id: EventID(high: 0, low: 0), label: Label(type: "", provider: "", channel: "", source: ""),
                subject: nil, bytes: []),
            receivedAt: Instant(microseconds: 0))
    }
}
