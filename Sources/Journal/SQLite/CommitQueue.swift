import Model
import Threads

/// What waits for the next commit: bounded, and told at once where there is no place left.
///
/// It is filled from any thread and emptied by the writer, so that a disk that hangs is no reason to wait for an answer.
final class CommitQueue: Sendable {
    typealias CommitOutcome = Result<[Appended], JournalError>
    typealias RecordOutcome = Result<Void, JournalError>
    typealias PruningOutcome = Result<PruningRound, JournalError>

    struct WaitingAppend: Sendable {
        let receipts: [Receipt]
        let bytes: Int
        /// When it came, in ticks.
        let tick: Int
        let done: CheckedContinuation<CommitOutcome, Never>
    }

    struct WaitingSteps: Sendable {
        let steps: Steps
        let sink: String
        let done: CheckedContinuation<RecordOutcome, Never>
    }

    /// A step of pruning, which is done behind the next commit.
    struct WaitingPruning: Sendable {
        let round: PruningRound
        let done: CheckedContinuation<PruningOutcome, Never>
    }

    /// What goes into one commit, and what is done behind it.
    struct Load: Sendable {
        var appends: [WaitingAppend] = []
        var steps: [WaitingSteps] = []
        var pruning: WaitingPruning?

        /// All that the appends bring, in their order.
        var receipts: [Receipt] { appends.flatMap(\.receipts) }

        /// Whether there is nothing to commit.
        var isEmpty: Bool { appends.isEmpty && steps.isEmpty }
    }

    /// What became of something that was put into the line.
    enum Admission {
        case refused(JournalError)
        case admitted(isFlushNeeded: Bool)
    }

    fileprivate struct State {
        var appends: [WaitingAppend] = []
        /// Those that are being written, until they have their answer.
        var writing: [WaitingAppend] = []
        /// Whether they have had it before they were written.
        var isWritingGivenUp = false
        var tick = 0
        /// As many steps as there are batches under way in the sinks, which are few and bounded themselves.
        var steps: [WaitingSteps] = []
        /// As many as there are rounds under way, each with one step at a time.
        var prunings: [WaitingPruning] = []
        /// These two also count what is being written just now.
        var receiptCount = 0
        var bytes = 0
        var isFlushComing = false
        var isClosed = false
        var failure: JournalError?
        /// Whoever waits for the line to be empty and the writer to rest.
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let settings: SQLiteJournal.Settings
    private let state = Lock(State())

    init(_ settings: SQLiteJournal.Settings) {
        self.settings = settings
    }

    /// What the journal failed of; from then on nothing is admitted.
    var failure: JournalError? { state.withLock { $0.failure } }

    /// Whether receipts are on their way to the disk whose senders still wait.
    var isWriting: Bool { state.withLock { !$0.writing.isEmpty } }

    /// How much waits or is being written: receipts, and their bytes.
    var waiting: (receipts: Int, bytes: Int) { state.withLock { ($0.receiptCount, $0.bytes) } }

    /// There is place for all of them, or for none.
    func add(_ receipts: [Receipt], _ done: CheckedContinuation<CommitOutcome, Never>) -> Admission {
        let bytes = receipts.reduce(0) { $0 + $1.bytes }
        return state.withLock { state in
            if let refusal = state.refusal { return .refused(refusal) }
            // What is being written does not come to its end: no more is taken in until it does.
            guard !state.isWritingGivenUp else { return .refused(.busy) }
            guard
                state.receiptCount <= settings.waitingReceiptsMax - receipts.count,
                state.bytes <= settings.waitingBytesMax - bytes
            else { return .refused(.busy) }
            state.appends.append(WaitingAppend(receipts: receipts, bytes: bytes, tick: state.tick, done: done))
            state.receiptCount += receipts.count
            state.bytes += bytes
            return .admitted(isFlushNeeded: state.askForFlush())
        }
    }

    func add(_ steps: Steps, for sink: String, _ done: CheckedContinuation<RecordOutcome, Never>) -> Admission {
        state.withLock { state in
            if let refusal = state.refusal { return .refused(refusal) }
            state.steps.append(WaitingSteps(steps: steps, sink: sink, done: done))
            return .admitted(isFlushNeeded: state.askForFlush())
        }
    }

    func add(_ round: PruningRound, _ done: CheckedContinuation<PruningOutcome, Never>) -> Admission {
        state.withLock { state in
            if let refusal = state.refusal { return .refused(refusal) }
            state.prunings.append(WaitingPruning(round: round, done: done))
            return .admitted(isFlushNeeded: state.askForFlush())
        }
    }

    /// What the next commit takes; nil where nothing waits, and then the next one to come asks for a flush again.
    func take() -> Load? {
        let (load, closers) = state.withLock { state -> (Load?, [CheckedContinuation<Void, Never>]) in
            guard !state.appends.isEmpty || !state.steps.isEmpty || !state.prunings.isEmpty else {
                state.isFlushComing = false
                return (nil, state.isClosed ? state.takeClosers() : [])
            }
            return (state.takeLoad(settings), [])
        }
        for closer in closers { closer.resume() }
        return load
    }

    /// Makes place for as much as was written or refused: whether anybody still waits to hear of it.
    func release(_ load: Load) -> Bool {
        guard !load.appends.isEmpty else { return true }
        let bytes = load.appends.reduce(0) { $0 + $1.bytes }
        let receiptCount = load.appends.reduce(0) { $0 + $1.receipts.count }
        return state.withLock { state in
            state.receiptCount -= receiptCount
            state.bytes -= bytes
            state.writing = []
            defer { state.isWritingGivenUp = false }
            return !state.isWritingGivenUp
        }
    }

    /// Time goes on by one tick. Receipts that have waited for too long are answered ``JournalError/busy``, and so are those
    /// that are being written: these may be on the disk later all the same, and are known then when they come again.
    func tick() {
        let overdue = state.withLock { state in state.takeOverdue(settings.answerTicksMax) }
        for waiting in overdue { waiting.done.resume(returning: .failure(.busy)) }
    }

    /// Admits nothing any more, for good: true for the first failure, which is the one that is told.
    func fail(_ failure: JournalError) -> Bool {
        state.withLock { state in
            let isFirst = state.failure == nil
            if isFirst { state.failure = failure }
            return isFirst
        }
    }

    /// Admits nothing more, and returns once what waits is written: true for the first who closes it.
    func close() async -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { done in
            let isEmpty = state.withLock { state in
                if state.isFlushComing { state.closers.append(done) }
                return !state.isFlushComing
            }
            if isEmpty { done.resume() }
        }
        return isFirst
    }
}

extension CommitQueue.State {
    fileprivate var refusal: JournalError? {
        isClosed ? .closed : failure
    }

    /// Whether whoever added has to ask for a flush: one is enough for all that came since the last one ended.
    fileprivate mutating func askForFlush() -> Bool {
        defer { isFlushComing = true }
        return !isFlushComing
    }

    fileprivate mutating func takeLoad(_ settings: SQLiteJournal.Settings) -> CommitQueue.Load {
        var load = CommitQueue.Load()
        swap(&load.steps, &steps)
        if !prunings.isEmpty { load.pruning = prunings.removeFirst() }
        var count = 0
        var receiptCount = 0
        var bytes = 0
        while count < appends.count {
            receiptCount += appends[count].receipts.count
            bytes += appends[count].bytes
            let isWithin = receiptCount <= settings.batchReceiptsMax && bytes <= settings.batchBytesMax
            guard count == 0 || isWithin else { break }
            count += 1
        }
        if count == appends.count {
            swap(&load.appends, &appends)
        } else {
            load.appends = Array(appends.prefix(count))
            appends.removeFirst(count)
        }
        writing = load.appends
        return load
    }

    /// The longest waiting come first, in what is being written and then in the line.
    fileprivate mutating func takeOverdue(_ ticksMax: Int) -> [CommitQueue.WaitingAppend] {
        tick += 1
        var overdue: [CommitQueue.WaitingAppend] = []
        if !isWritingGivenUp, let first = writing.first, tick - first.tick >= ticksMax {
            isWritingGivenUp = true
            swap(&overdue, &writing)
        }
        let inLine = appends.prefix { tick - $0.tick >= ticksMax }
        overdue += inLine
        receiptCount -= inLine.reduce(0) { $0 + $1.receipts.count }
        bytes -= inLine.reduce(0) { $0 + $1.bytes }
        appends.removeFirst(inLine.count)
        return overdue
    }

    fileprivate mutating func takeClosers() -> [CheckedContinuation<Void, Never>] {
        defer { closers = [] }
        return closers
    }
}

extension Receipt {
    /// What it holds in memory and will take on the disk, near enough.
    fileprivate var bytes: Int {
        let eventBytes = events.reduce(0) { $0 + $1.bytes.count + 64 }
        let noticed = faults.count + min(sightings.count, SightingLedger.eachRequestMax)
        return body.count + headers.bytes.count + eventBytes + noticed * 128 + 128
    }
}
