internal import Journal
internal import Model
internal import Sinks

/// What a sink is to be given next, and what has become of what it was given.
///
/// A state machine that never sleeps, never reads a clock, and never touches a disk or a socket: it is told what was
/// read, what was delivered and what time it is, and answers what to send, what to record, and when to ask again.
///
/// An entry is in one place at a time: `waiting` from when it is read until it is sent; `flying` while the sink has it;
/// then settled, buried, or among the `retries` until it is sent again. The cursor passes it when it is settled, buried
/// or among the retries, and not before. What is to be sent though the cursor passed it long ago is among the `replays`.
struct Outbox {
    /// An entry, and what is known of the tries before.
    struct Item: Sendable {
        let entry: Entry
        var attempts = 0
        var firstTriedAt: Instant?
        /// When it may be tried again, where the journal keeps it among the retries.
        var dueAt: Instant?
        /// Whether the batch it is in was sent to see whether the sink is back.
        var isProbe = false
        /// Whether it is in the journal no more: what becomes of it only tells how the sink does.
        var isErased = false
    }

    /// With so many retries nothing new is read.
    static let retriesMax = 4_096
    /// With so many bytes of entries in `waiting` nothing more is read.
    static let waitingBytesMax = 8 << 20
    /// With so many bytes of entries in `retries` nothing new is read.
    static let retriesBytesMax = 64 << 20
    /// How far the cursor came is recorded this soon, though nothing else is.
    static let cursorWaitsMs: Int64 = 50
    /// A run of failures this long means that the sink is down, whatever it is asked to take.
    static let failuresMax = 5
    /// While the sink is down and there are no more retries than this, probes are made with entries that were not tried
    /// yet: those that failed before may have failed for what they are.
    static let freshProbesMax = 32

    let policy: Policy
    var circuit: Circuit
    var waiting = Queue<Item>()
    var waitingBytes = 0
    var retries = RetryShelf()
    /// What an operator wants sent again, in its order.
    var replays = Queue<Item>()
    var isTurnOfReplays = false
    /// Whether some that were read were not taken in, and are to be read again.
    var hasPassedOverReplays = false
    var flying: [Int64: Item] = [:]
    private(set) var batchesFlying = 0
    /// Numbers that the cursor may not pass yet, rising: of what is waiting or flying, and not among the retries before.
    private var open = RisingNumbers()
    /// Subjects that are on their way, where order matters.
    private var busySubjects: Set<String> = []
    /// Every entry up to here was read.
    private(set) var readThrough: Int64
    private var recordedCursor: Int64
    /// Whether what is new is left to gather: nothing is read until ``gathered()``.
    private(set) var isGathering = false
    /// Since when the cursor is further than was recorded, as far as was looked.
    var aheadSince: Instant?
    var steps = Steps()
    var leaving = Leaving()
    /// What the journal knows of it, or is about to.
    private var outage: Progress.Outage?
    /// What was given up since this was last emptied, to be told.
    var givenUp: [(id: EventID, reason: String)] = []
    /// Nothing more is sent, since the sink wants nothing more.
    var isHalted: Bool
    /// While the process may end of an entry: how it is found out of which. Nil in all other times.
    var caution: Caution?
    /// Whether a sink's position is not yet known to be on the disk. A sink that keeps one is given nothing until it is:
    /// only then does a position tell exactly what the sink holds.
    private var awaitsRecord = false

    init(policy: Policy, progress: Progress) {
        self.policy = policy
        circuit = Self.newCircuit(policy, progress.outage)
        outage = progress.outage
        readThrough = progress.cursor
        recordedCursor = progress.cursor
        isHalted = progress.halt != nil
        if progress.isServed || !progress.trials.isEmpty {
            // For a sink that keeps a position it takes one more crash: it is not to lose an entry to a coincidence.
            caution = Caution(
                trials: progress.trials, entriesLeft: entriesMax, crashesMax: policy.order == .journal ? 3 : 2)
        }
    }

    static func newCircuit(_ policy: Policy, _ outage: Progress.Outage? = nil) -> Circuit {
        Circuit(failuresMax: policy.order == .journal ? 1 : failuresMax, outage: outage)
    }

    // MARK: Reading

    /// Takes in what was read. What is among the retries already, as it can be after a crash, is not taken twice.
    mutating func add(_ batch: Batch) {
        for entry in batch.entries where entry.sequence > readThrough && !isKnown(entry.sequence) {
            open.append(entry.sequence)
            waiting.append(Item(entry: entry))
            waitingBytes += entry.event.bytes.count
        }
        readThrough = max(readThrough, batch.through)
    }

    /// What was left to gather has had its time.
    mutating func gathered() { isGathering = false }

    // MARK: Handing out

    /// The entries to send now, which then count as on their way; nil where there is nothing to send at this moment.
    mutating func next(at now: Instant) -> [Entry]? {
        guard !isHalted, batchesFlying < policy.concurrency, circuit.allowsTry(at: now) else { return nil }
        if policy.order == .journal, batchesFlying > 0 || awaitsRecord { return nil }
        if caution != nil, batchesFlying > 0 { return nil }
        let isProbe = circuit.isOpen
        var items: [Item] = []
        repeat {
            items = choose(isProbe: isProbe, at: now)
            guard !items.isEmpty else { return nil }
            heed(&items, at: now)
        } while items.isEmpty
        for item in items {
            var item = item
            // One that only waited behind another was not tried, though the journal has a time for it.
            if item.attempts == 0 { item.firstTriedAt = now }
            item.attempts += 1
            item.isProbe = isProbe
            flying[item.entry.sequence] = item
            if policy.order == .subject, let subject = item.entry.event.subject { busySubjects.insert(subject) }
        }
        batchesFlying += 1
        isGathering = policy.gatherMs > 0 && items.count < policy.batchMax
        circuit.tried()
        return items.map(\.entry)
    }

    private mutating func choose(isProbe: Bool, at now: Instant) -> [Item] {
        let items = isProbe && policy.order != .journal ? takeProbe(at: now) : takeDueRetries(at: now)
        return items.isEmpty ? takeByTurns(at: now) : items
    }

    /// One entry that shows whether the sink is back: one that was not tried yet, or the retry that is due first, due or
    /// not. A retry that fails is put off, so that the next probe is another one.
    private mutating func takeProbe(at now: Instant) -> [Item] {
        if retries.count < Self.freshProbesMax || circuit.probesFailed.isMultiple(of: 2) {
            let fresh = takeWaiting(at: now, atMost: 1)
            if !fresh.isEmpty { return fresh }
        }
        let first = eligibleRetries().min {
            ($0.dueAt ?? now, $0.entry.sequence) < ($1.dueAt ?? now, $1.entry.sequence)
        }
        guard let first else { return [] }
        retries[first.entry.sequence] = nil
        return [first]
    }

    /// Retries whose time has come, in their order.
    private mutating func takeDueRetries(at now: Instant) -> [Item] {
        guard retries.values.contains(where: { $0.dueAt.map { $0 <= now } ?? true }) else { return [] }
        let taken = eligibleRetries().filter { $0.dueAt.map { $0 <= now } ?? true }
            .sorted { $0.entry.sequence < $1.entry.sequence }
            .prefix(policy.batchMax)
        for item in taken { retries[item.entry.sequence] = nil }
        return Array(taken)
    }

    /// All retries or, where order matters, the first of each subject of which nothing is on its way.
    private func eligibleRetries() -> [Item] {
        guard policy.order == .subject else { return Array(retries.values) }
        var firsts: [String: Item] = [:]
        var others: [Item] = []
        for item in retries.values {
            guard let subject = item.entry.event.subject else {
                others.append(item)
                continue
            }
            guard !busySubjects.contains(subject) else { continue }
            if let first = firsts[subject], first.entry.sequence < item.entry.sequence { continue }
            firsts[subject] = item
        }
        return others + firsts.values
    }

    mutating func takeWaiting(at now: Instant, atMost count: Int) -> [Item] {
        var queue = Queue<Item>()
        swap(&queue, &waiting)
        let taken = take(count, from: &queue, at: now)
        waiting = queue
        // Of a subject that failed more may have gone than were taken.
        waitingBytes =
            policy.order == .subject ? Self.bytes(of: waiting.elements) : waitingBytes - Self.bytes(of: taken)
        return taken
    }

    /// The first of those that may be sent now.
    mutating func take(_ count: Int, from queue: inout Queue<Item>, at now: Instant) -> [Item] {
        guard policy.order == .subject else { return queue.takeFirst(count) }
        var taken: [Item] = []
        var seen: Set<String> = []
        var left: [Item] = []
        for item in parkBehindRetries(queue.elements, at: now) {
            let subject = item.entry.event.subject
            let isFirst = subject.map { !busySubjects.contains($0) && seen.insert($0).inserted } ?? true
            if isFirst, taken.count < count { taken.append(item) } else { left.append(item) }
        }
        queue = Queue(left)
        return taken
    }

    /// Entries whose subject has one before them that failed wait with it, out of the way of all others, which are left.
    private mutating func parkBehindRetries(_ items: [Item], at now: Instant) -> [Item] {
        guard !retries.isEmpty else { return items }
        var dueBySubject: [String: Instant] = [:]
        for item in retries.values {
            guard let subject = item.entry.event.subject, let dueAt = item.dueAt else { continue }
            dueBySubject[subject] = max(dueBySubject[subject] ?? dueAt, dueAt)
        }
        var left: [Item] = []
        for item in items {
            guard let dueAt = item.entry.event.subject.flatMap({ dueBySubject[$0] }) else {
                left.append(item)
                continue
            }
            hold(item, firstTriedAt: now, dueAt: dueAt, reason: "waits behind an earlier event of its subject")
        }
        return left
    }

    // MARK: What became of it

    /// Takes in what a sink said of a batch.
    /// - Parameter chance: a number from 0 to below 1, for the jitter of the waits. One for the whole batch, so that
    ///   what failed together is tried again together.
    mutating func finish(_ entries: [Entry], _ delivered: Delivered, at now: Instant, chance: @autoclosure () -> Double)
    {
        precondition(entries.count == delivered.outcomes.count, "a sink says one thing of each entry")
        batchesFlying -= 1
        lazy var chance = chance()
        let isProbe = entries.contains { flying[$0.sequence]?.isProbe ?? false }
        var returned: [Item] = []
        for (entry, outcome) in zip(entries, delivered.outcomes) {
            if policy.order == .subject, let subject = entry.event.subject { busySubjects.remove(subject) }
            if case .gone(let reason) = outcome { halt(reason, at: now) }
            guard let item = flying.removeValue(forKey: entry.sequence), !item.isErased else { continue }
            switch outcome {
            case .taken: settle(item, at: now)
            case .never(let reason): bury(item, reason, at: now)
            case .later(let reason, let waitMs):
                if policy.order == .journal {
                    returned.append(item)
                } else {
                    postpone(item, reason, waitMs: waitMs, at: now, chance: chance)
                }
            case .gone: returned.append(item)
            }
        }
        putBack(returned)
        if isCautious { clear(entries.map(\.sequence)) }
        if let position = delivered.position {
            steps.position = position
            awaitsRecord = true
        }
        tellCircuit(delivered, isProbe: isProbe, at: now, chance: chance)
        // What keeps a position waits for seconds only, and its disk may be the one that is full.
        if policy.order != .journal, circuit.outage != outage {
            outage = circuit.outage
            steps.health = outage.map { .down($0) } ?? .up
        }
    }

    private mutating func halt(_ reason: String, at now: Instant) {
        guard !isHalted else { return }
        isHalted = true
        steps.turn = .halted(Progress.Halt(reason: reason, at: now))
    }

    /// What a sink said of a batch tells how the sink does, whatever becomes of the entries.
    private mutating func tellCircuit(
        _ delivered: Delivered, isProbe: Bool, at now: Instant, chance: @autoclosure () -> Double
    ) {
        var askedWaitsMs: [Int64] = []
        for outcome in delivered.outcomes {
            switch outcome {
            // A sink that will never have an entry has answered, so it is not down.
            case .taken, .never: return circuit.succeeded()
            case .later(_, let waitMs): askedWaitsMs.append(waitMs ?? 0)
            case .gone: break
            }
        }
        guard let askedWaitMs = askedWaitsMs.max() else { return }
        let backoff = policy.backoff
        let chance = chance()
        circuit.failed(isProbe: isProbe, at: now) { failures in
            min(max(backoff.waitMs(afterFailures: failures, chance: chance), askedWaitMs), backoff.longestMs)
        }
    }

    private mutating func settle(_ item: Item, at now: Instant) {
        if item.dueAt != nil {
            leaving.insert(item.entry.sequence)
            steps.settled.append(
                Steps.Settled(sequence: item.entry.sequence, attempts: item.attempts, at: now))
        }
        passes(item.entry.sequence)
    }

    /// Has entries wait where they were taken from, before all others.
    mutating func putBack(_ items: [Item]) {
        for item in items where item.dueAt != nil { retries[item.entry.sequence] = item }
        let fresh = items.filter { $0.dueAt == nil }
        waiting.putBack(fresh)
        waitingBytes += Self.bytes(of: fresh)
    }

    mutating func bury(_ item: Item, _ reason: String, at now: Instant) {
        givenUp.append((item.entry.event.id, reason))
        leaving.insert(item.entry.sequence)
        steps.buried.append(
            Steps.Buried(sequence: item.entry.sequence, attempts: item.attempts, at: now, reason: reason))
        passes(item.entry.sequence)
    }

    private mutating func postpone(_ item: Item, _ reason: String, waitMs: Int64?, at now: Instant, chance: Double) {
        let firstTriedAt = item.firstTriedAt ?? now
        guard now.milliseconds(since: firstTriedAt) < policy.patienceMs else {
            bury(item, reason, at: now)
            return
        }
        let ownWait = policy.backoff.waitMs(afterFailures: item.attempts, chance: chance)
        let dueAt = now.advanced(byMilliseconds: min(max(ownWait, waitMs ?? 0), policy.backoff.longestMs))
        hold(item, firstTriedAt: firstTriedAt, dueAt: dueAt, reason: reason, triedAt: now)
    }

    /// Puts an entry among the retries, here and in the journal, so that the cursor can pass it.
    private mutating func hold(
        _ item: Item, firstTriedAt: Instant, dueAt: Instant, reason: String, triedAt: Instant? = nil
    ) {
        var item = item
        item.firstTriedAt = firstTriedAt
        item.dueAt = dueAt
        retries[item.entry.sequence] = item
        steps.postponed.append(
            Steps.Postponed(
                sequence: item.entry.sequence, attempts: item.attempts, firstTriedAt: firstTriedAt, dueAt: dueAt,
                reason: reason, triedAt: triedAt))
        passes(item.entry.sequence)
    }

    /// The cursor need not wait for this one any longer.
    mutating func passes(_ sequence: Int64) {
        open.remove(sequence)
    }

    // MARK: Recording

    /// What happened since this was last asked, if it is to be recorded now.
    ///
    /// How far the cursor came waits for more, until it has passed as many entries as may be on their way, or for
    /// ``cursorWaitsMs``: a crash has so many more sent again, and each transaction moves it by many.
    mutating func takeDueSteps(at now: Instant) -> Steps? {
        if steps.isEmpty {
            let passed = cursor - recordedCursor
            guard passed > 0 else { return nil }
            aheadSince = aheadSince ?? now
            let isDue =
                isIdle || passed >= policy.batchMax * policy.concurrency || recordsAt.map { $0 <= now } ?? true
            guard isDue else { return nil }
        }
        return takeSteps(at: now)
    }

    /// When what waits to be recorded is to be, at the latest.
    var recordsAt: Instant? { aheadSince?.advanced(byMilliseconds: Self.cursorWaitsMs) }

    private var cursor: Int64 { open.first.map { $0 - 1 } ?? readThrough }

    /// What happened since this was last asked, to be recorded in one transaction; nil where nothing did.
    mutating func takeSteps(at now: Instant) -> Steps? {
        aheadSince = nil
        if cursor > recordedCursor { steps.cursor = cursor }
        guard !steps.isEmpty else { return nil }
        recordedCursor = max(cursor, recordedCursor)
        steps.at = now
        leaving.record()
        defer { steps = Steps() }
        return steps
    }

    /// All that was taken to be recorded is on the disk.
    mutating func recorded() {
        leaving.recorded()
        awaitsRecord = steps.position != nil
    }
}
