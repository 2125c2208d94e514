internal import Journal
internal import Model
internal import Sinks

/// What a sink is to be given next, and what has become of what it was given.
///
/// A state machine that never sleeps, never reads a clock, and never touches a disk or a socket: it is told what was
/// read, what was delivered and what time it is, and answers what to send, what to record, and when to ask again. It
/// holds no more than ``entriesMax`` entries and ``retriesMax`` retries; beyond that it reads no further.
struct Outbox {
    /// How a sink wants to be served.
    struct Policy: Sendable, Equatable {
        var order: Order
        /// How many entries go out at once.
        var batchMax: Int
        /// How many batches may be on their way.
        var concurrency: Int
        var backoff: Backoff
        /// From its first try on, an entry is tried for so long; then it goes to the dead letters.
        var patienceMs: Int64
    }

    enum Order: Sendable {
        /// As fast as it goes.
        case none
        /// One after the other for each subject; a subject that fails does not hold up another.
        case subject
        /// All in the journal's order, one batch at a time, and nothing is ever passed over.
        case journal
    }

    /// An entry, and what is known of the tries before.
    private struct Item: Sendable {
        let entry: Entry
        var attempts = 0
        var firstTriedAt: Instant?
        var dueAt: Instant?
        /// Whether the journal keeps it among the retries.
        var isRetry: Bool { dueAt != nil }
    }

    static let retriesMax = 4_096
    /// A run of failures this long means that the sink is down, whatever it is asked to take.
    static let failuresMax = 5

    let policy: Policy
    private var circuit: Circuit

    /// Read, and not handed out yet, in the journal's order.
    private var waiting: [Item] = []
    /// Tried, failed, and to be tried again, by sequence number.
    private var retries: [Int64: Item] = [:]
    private var flying: [Int64: Item] = [:]
    private var batchesFlying = 0
    /// Numbers that the cursor may not pass yet, rising: entries neither taken, nor buried, nor among the retries.
    private var open: [Int64] = []
    /// Subjects that are on their way, where order matters.
    private var busySubjects: Set<String> = []
    /// Every entry up to here was read.
    private(set) var readThrough: Int64
    private var recordedCursor: Int64
    private var steps = Steps()
    /// Whether a sink's position is not yet known to be on the disk. A sink that keeps one is given nothing until it is:
    /// only then does a position tell exactly what the sink holds.
    private var awaitsRecord = false

    init(policy: Policy, cursor: Int64) {
        self.policy = policy
        circuit = Circuit(failuresMax: policy.order == .journal ? 1 : Self.failuresMax)
        readThrough = cursor
        recordedCursor = cursor
    }

    // MARK: Reading

    /// Twice what can be on its way; more where order matters, so that one talkative subject does not fill it alone.
    var entriesMax: Int { max(policy.batchMax * policy.concurrency * 2, policy.order == .subject ? 256 : 0) }

    /// How many entries it would like to have read now; none while it has enough, or while the sink is down.
    var room: Int {
        guard !circuit.isOpen, retries.count < Self.retriesMax else { return 0 }
        return max(0, entriesMax - waiting.count)
    }

    mutating func add(_ batch: Batch) {
        for entry in batch.entries where entry.sequence > readThrough {
            open.append(entry.sequence)
            waiting.append(Item(entry: entry))
        }
        readThrough = max(readThrough, batch.through)
    }

    /// What waited for another try when the sink was last served.
    mutating func add(_ retries: [Retry]) {
        for retry in retries {
            self.retries[retry.entry.sequence] = Item(
                entry: retry.entry, attempts: retry.attempts, firstTriedAt: retry.firstTriedAt, dueAt: retry.dueAt)
        }
    }

    // MARK: Handing out

    /// The entries to send now, which then count as on their way; nil where there is nothing to send at this moment.
    mutating func next(at now: Instant) -> [Entry]? {
        guard batchesFlying < policy.concurrency, circuit.allowsTry(at: now) else { return nil }
        if policy.order == .journal, batchesFlying > 0 || awaitsRecord { return nil }
        var items = takeDueRetries(at: now)
        if items.isEmpty { items = takeWaiting(at: now) }
        guard !items.isEmpty else { return nil }
        for item in items {
            var item = item
            item.attempts += 1
            item.firstTriedAt = item.firstTriedAt ?? now
            flying[item.entry.sequence] = item
            if policy.order == .subject, let subject = item.entry.event.subject { busySubjects.insert(subject) }
        }
        batchesFlying += 1
        circuit.tried()
        return items.map(\.entry)
    }

    /// Retries whose time has come, in their order. A sink that is down is probed with whichever is next, due or not.
    private mutating func takeDueRetries(at now: Instant) -> [Item] {
        let candidates = retries.values.sorted { $0.entry.sequence < $1.entry.sequence }
        var seen: Set<String> = []
        var taken: [Item] = []
        for item in candidates where taken.count < (circuit.isOpen ? 1 : policy.batchMax) {
            if policy.order == .subject, let subject = item.entry.event.subject {
                // Only the first of a subject may go, and only when none of it is on its way.
                guard seen.insert(subject).inserted, !busySubjects.contains(subject) else { continue }
            }
            guard circuit.isOpen || item.dueAt.map({ $0 <= now }) ?? true else { continue }
            taken.append(item)
        }
        for item in taken { retries[item.entry.sequence] = nil }
        return taken
    }

    private mutating func takeWaiting(at now: Instant) -> [Item] {
        guard policy.order == .subject else {
            let items = Array(waiting.prefix(circuit.isOpen && policy.order != .journal ? 1 : policy.batchMax))
            waiting.removeFirst(items.count)
            return items
        }
        parkBehindRetries(at: now)
        var seen: Set<String> = []
        var taken: [Item] = []
        var left: [Item] = []
        for item in waiting {
            let subject = item.entry.event.subject
            let isFirst = subject.map { !busySubjects.contains($0) && seen.insert($0).inserted } ?? true
            if isFirst, taken.count < policy.batchMax { taken.append(item) } else { left.append(item) }
        }
        waiting = left
        return taken
    }

    /// Entries whose subject has one before them that failed wait with it, out of the way of all others.
    private mutating func parkBehindRetries(at now: Instant) {
        guard !retries.isEmpty else { return }
        var dueBySubject: [String: Instant] = [:]
        for item in retries.values {
            guard let subject = item.entry.event.subject, let dueAt = item.dueAt else { continue }
            dueBySubject[subject] = max(dueBySubject[subject] ?? dueAt, dueAt)
        }
        let parked = waiting.filter { item in item.entry.event.subject.map { dueBySubject[$0] != nil } ?? false }
        guard !parked.isEmpty else { return }
        let numbers = Set(parked.map(\.entry.sequence))
        waiting.removeAll { numbers.contains($0.entry.sequence) }
        for item in parked {
            guard let subject = item.entry.event.subject, let dueAt = dueBySubject[subject] else { continue }
            hold(item, firstTriedAt: now, dueAt: dueAt, reason: "waits behind an earlier event of its subject")
        }
    }

    // MARK: What became of it

    /// Takes in what a sink said of a batch.
    /// - Parameter chance: draws a number from 0 to below 1, for the jitter of a wait.
    mutating func finish(_ entries: [Entry], _ delivered: Delivered, at now: Instant, chance: () -> Double) {
        batchesFlying -= 1
        var failed: [Item] = []
        var askedWaitMs: Int64 = 0
        var hasSuccess = false
        for (entry, outcome) in zip(entries, delivered.outcomes) {
            guard let item = flying.removeValue(forKey: entry.sequence) else { continue }
            if let subject = entry.event.subject { busySubjects.remove(subject) }
            switch outcome {
            case .taken:
                hasSuccess = true
                settle(item)
            case .never(let reason):
                // The sink answered, so it is not down; it is this entry that it will not have.
                hasSuccess = true
                bury(item, reason, at: now)
            case .later(let reason, let waitMs):
                askedWaitMs = max(askedWaitMs, waitMs ?? 0)
                failed.append(item)
                if policy.order != .journal { postpone(item, reason, waitMs: waitMs, at: now, chance: chance) }
            }
        }
        if policy.order == .journal, !failed.isEmpty {
            waiting.insert(contentsOf: failed, at: 0)
        }
        if let position = delivered.position {
            steps.position = position
            awaitsRecord = true
        }
        if failed.isEmpty || hasSuccess {
            circuit.succeeded()
        } else {
            let wait = policy.backoff.waitMs(afterFailures: circuit.failures + 1, chance: chance())
            circuit.failed(at: now, waitMs: min(max(wait, askedWaitMs), policy.backoff.longestMs))
        }
    }

    private mutating func settle(_ item: Item) {
        if item.isRetry { steps.settled.append(item.entry.sequence) }
        passes(item.entry.sequence)
    }

    private mutating func bury(_ item: Item, _ reason: String, at now: Instant) {
        steps.buried.append(
            Steps.Buried(sequence: item.entry.sequence, attempts: item.attempts, at: now, reason: reason))
        passes(item.entry.sequence)
    }

    private mutating func postpone(
        _ item: Item, _ reason: String, waitMs: Int64?, at now: Instant, chance: () -> Double
    ) {
        let firstTriedAt = item.firstTriedAt ?? now
        guard now.milliseconds(since: firstTriedAt) < policy.patienceMs else {
            bury(item, reason, at: now)
            return
        }
        let ownWait = policy.backoff.waitMs(afterFailures: item.attempts, chance: chance())
        let dueAt = now.advanced(byMilliseconds: min(max(ownWait, waitMs ?? 0), policy.backoff.longestMs))
        hold(item, firstTriedAt: firstTriedAt, dueAt: dueAt, reason: reason)
    }

    /// Puts an entry among the retries, here and in the journal, so that the cursor can pass it.
    private mutating func hold(_ item: Item, firstTriedAt: Instant, dueAt: Instant, reason: String) {
        var item = item
        item.firstTriedAt = firstTriedAt
        item.dueAt = dueAt
        retries[item.entry.sequence] = item
        steps.postponed.append(
            Steps.Postponed(
                sequence: item.entry.sequence, attempts: item.attempts, firstTriedAt: firstTriedAt, dueAt: dueAt,
                reason: reason))
        passes(item.entry.sequence)
    }

    /// The cursor need not wait for this one any longer.
    private mutating func passes(_ sequence: Int64) {
        if let index = open.firstIndex(of: sequence) { open.remove(at: index) }
    }

    // MARK: Recording

    /// What happened since this was last asked, to be recorded in one transaction; nil where nothing did.
    mutating func takeSteps() -> Steps? {
        let cursor = open.first.map { $0 - 1 } ?? readThrough
        if cursor > recordedCursor { steps.cursor = cursor }
        guard !steps.isEmpty else { return nil }
        recordedCursor = max(cursor, recordedCursor)
        defer { steps = Steps() }
        return steps
    }

    /// All that was taken to be recorded is on the disk.
    mutating func recorded() {
        awaitsRecord = steps.position != nil
    }

    /// Whether nothing is on its way.
    var isIdle: Bool { batchesFlying == 0 }

    /// Entries that are read and wait for another try.
    var retriesCount: Int { retries.count }

    var isDown: Bool { circuit.isOpen }

    /// When something will be due that is not due now; nil where only new entries or a delivery's end can change anything.
    func wakeAt(after now: Instant) -> Instant? {
        guard batchesFlying < policy.concurrency else { return nil }
        if circuit.isOpen { return circuit.allowsTry(at: now) ? nil : circuit.probeAt }
        return retries.values.compactMap(\.dueAt).filter { $0 > now }.min()
    }
}
