import Journal
import Model
import Sinks
import Testing

@testable import Gateway

/// Goal: whatever a sink says, no entry is lost, the cursor never passes what is not settled, and memory stays bounded.
///
/// Method: the outbox is told what happened and what time it is; nothing waits, and no clock is read.
struct OutboxTests {
    static let start = Instant(microseconds: 1_800_000_000_000_000)

    static func policy(
        _ order: Outbox.Order, batchMax: Int = 1, concurrency: Int = 4
    ) -> Outbox.Policy {
        Outbox.Policy(
            order: order, batchMax: batchMax, concurrency: concurrency,
            backoff: Backoff(firstMs: 1_000, longestMs: 60_000), patienceMs: 3_600_000)
    }

    static func entry(_ sequence: Int64, subject: String? = nil) -> Entry {
        Entry(
            sequence: sequence,
            event: FrozenEvent(
                id: EventID(high: 0, low: UInt64(sequence)),
                label: Label(type: "t", provider: "p", channel: "c", source: "s"), subject: subject, bytes: []),
            receivedAt: start)
    }

    /// The outbox as a reference, for the macros of the tests ask nothing of a value that changes by it.
    final class Box {
        private(set) var outbox: Outbox

        init(policy: Outbox.Policy, progress: Progress) {
            outbox = Outbox(policy: policy, progress: progress)
        }

        func add(_ batch: Batch) { outbox.add(batch) }
        func add(_ retries: [Retry]) { outbox.add(retries, at: start) }
        func clockMoved(byMs milliseconds: Int64) { outbox.clockMoved(byMs: milliseconds) }
        func add(replays: [Retry]) { outbox.add(replays: replays, at: start) }
        func forget(_ sequences: Set<Int64>) { outbox.forget(sequences) }
        func next(at now: Instant) -> [Entry]? { outbox.next(at: now) }
        func caughtUp() { outbox.caughtUp() }
        func resume() { outbox.resume() }

        /// Without the time, which is the caller's own.
        func takeSteps() -> Steps? {
            var steps = outbox.takeSteps(at: start)
            steps?.at = nil
            return steps
        }
        func takeDueSteps(at now: Instant) -> Steps? {
            var steps = outbox.takeDueSteps(at: now)
            steps?.at = nil
            return steps
        }
        var recordsAt: Instant? { outbox.recordsAt }
        var hasPassedOverReplays: Bool { outbox.hasPassedOverReplays }
        var room: Int { outbox.room }
        var isGathering: Bool { outbox.isGathering }
        func gathered() { outbox.gathered() }
        func recorded() { outbox.recorded() }
        func forgetRecorded() { outbox.forgetRecorded() }

        func finish(_ entries: [Entry], _ delivered: Delivered, at now: Instant, chance: Double = 0.5) {
            outbox.finish(entries, delivered, at: now, chance: chance)
        }

        func wakeAt(after now: Instant) -> Instant? { outbox.wakeAt(after: now) }
        var isDown: Bool { outbox.isDown }
        var isHalted: Bool { outbox.isHalted }
        var isCautious: Bool { outbox.isCautious }
        var wantsReplays: Bool { outbox.wantsReplays }
        var readThrough: Int64 { outbox.readThrough }
        var retriesCount: Int { outbox.retriesCount }
    }

    static func outbox(
        _ policy: Outbox.Policy, holding subjects: [String?], cursor: Int64 = 0
    ) -> Box {
        let outbox = Box(policy: policy, progress: Progress(cursor: cursor))
        let entries = subjects.enumerated().map { entry(cursor + Int64($0) + 1, subject: $1) }
        outbox.add(Batch(entries: entries, through: cursor + Int64(subjects.count)))
        return outbox
    }

    static func later(_ reason: String = "500", waitMs: Int64? = nil) -> Delivered {
        Delivered(outcomes: [.later(reason: reason, waitMs: waitMs)])
    }

    static let taken = Delivered(outcomes: [.taken])

    static func at(_ milliseconds: Int64) -> Instant { start.advanced(byMilliseconds: milliseconds) }

    @Test func theCursorWaitsForTheSlowestOfThoseBeforeIt() throws {
        let outbox = Self.outbox(Self.policy(.none), holding: [nil, nil, nil])
        let first = try #require(outbox.next(at: Self.start))
        let second = try #require(outbox.next(at: Self.start))
        let third = try #require(outbox.next(at: Self.start))
        #expect(outbox.next(at: Self.start) == nil)

        outbox.finish(second, Self.taken, at: Self.start)
        outbox.finish(third, Self.taken, at: Self.start)
        #expect(outbox.takeSteps() == nil)
        outbox.finish(first, Self.taken, at: Self.start)
        #expect(outbox.takeSteps() == Steps(cursor: 3))
        #expect(outbox.takeSteps() == nil)
    }

    @Test func aFailureWaitsAmongTheRetriesAndTheCursorPassesIt() throws {
        let outbox = Self.outbox(Self.policy(.none), holding: [nil, nil])
        let first = try #require(outbox.next(at: Self.start))
        let second = try #require(outbox.next(at: Self.start))
        outbox.finish(first, Self.later(), at: Self.start)
        outbox.finish(second, Self.taken, at: Self.start)

        let steps = try #require(outbox.takeSteps())
        #expect(steps.cursor == 2)
        #expect(
            steps.postponed == [
                Steps.Postponed(
                    sequence: 1, attempts: 1, firstTriedAt: Self.start, dueAt: Self.at(500), reason: "500",
                    triedAt: Self.start)
            ])
        #expect(outbox.next(at: Self.at(499)) == nil)
        #expect(outbox.wakeAt(after: Self.at(499)) == Self.at(500))
        #expect(outbox.next(at: Self.at(500))?.map(\.sequence) == [1])
        outbox.finish(first, Self.taken, at: Self.at(501))
        #expect(outbox.takeSteps()?.settled == [Steps.Settled(sequence: 1, attempts: 2, at: Self.at(501))])
    }

    @Test func waitsDoubleUpToTheLongestAndObeyTheSinkWithinIt() {
        let backoff = Backoff(firstMs: 1_000, longestMs: 60_000)
        #expect(
            (1...8).map { backoff.waitMs(afterFailures: $0, chance: 0.999_999_999) } == [
                999, 1_999, 3_999, 7_999, 15_999, 31_999, 59_999, 59_999,
            ])
        #expect(backoff.waitMs(afterFailures: 10_000, chance: 0) == 0)

        let outbox = Self.outbox(Self.policy(.none), holding: [nil])
        outbox.finish(outbox.next(at: Self.start) ?? [], Self.later(waitMs: 99_999_999_999), at: Self.start)
        #expect(outbox.takeSteps()?.postponed.first?.dueAt == Self.at(60_000))
    }

    @Test func patienceEndsInTheDeadLetters() throws {
        let outbox = Box(policy: Self.policy(.none), progress: Progress(cursor: 9))
        outbox.add([Retry(entry: Self.entry(4), attempts: 7, firstTriedAt: Self.start, dueAt: Self.start)])
        let entries = try #require(outbox.next(at: Self.at(3_600_000)))
        outbox.finish(entries, Self.later("timed out"), at: Self.at(3_600_000))
        #expect(
            outbox.takeSteps()
                == Steps(buried: [
                    Steps.Buried(sequence: 4, attempts: 8, at: Self.at(3_600_000), reason: "timed out")
                ]))
        #expect(outbox.retriesCount == 0)
    }

    @Test func whatASinkNeverTakesIsBuriedAtOnce() throws {
        let outbox = Self.outbox(Self.policy(.none), holding: [nil])
        let entries = try #require(outbox.next(at: Self.start))
        outbox.finish(entries, Delivered(outcomes: [.never(reason: "404")]), at: Self.start)
        let steps = try #require(outbox.takeSteps())
        #expect(steps.cursor == 1)
        #expect(steps.buried.map(\.sequence) == [1])
        #expect(!outbox.isDown)
    }

    @Test func aSinkThatIsDownIsProbedAtGrowingIntervals() throws {
        let outbox = Self.outbox(Self.policy(.none, concurrency: 1), holding: [nil, nil])
        var now = Self.start
        var sent = 0
        for _ in 0..<200 {
            outbox.add(Batch(entries: [], through: outbox.readThrough))
            if let entries = outbox.next(at: now) {
                sent += 1
                outbox.finish(entries, Self.later(), at: now)
            }
            if outbox.room > 0 {
                let next = outbox.readThrough + 1
                outbox.add(Batch(entries: [Self.entry(next)], through: next))
            }
            now = now.advanced(byMilliseconds: 1_000)
        }
        #expect(outbox.isDown)
        #expect(outbox.room == 0)
        #expect(outbox.retriesCount <= sent)
        #expect(sent < 30, "a sink that is down is asked at growing intervals only")

        // It is back: one probe that succeeds, and all goes on.
        now = now.advanced(byMilliseconds: 60_000)
        let probe = try #require(outbox.next(at: now))
        #expect(outbox.next(at: now) == nil, "one probe at a time")
        outbox.finish(probe, Self.taken, at: now)
        #expect(!outbox.isDown)
        #expect(outbox.next(at: now) != nil)
    }

    @Test func anEntryThatIsNeverTakenDoesNotKeepTheOthersFromBeingTaken() throws {
        let outbox = Self.outbox(Self.policy(.none), holding: [nil])
        var now = Self.start
        // Nothing else comes for a long time: its failures alone open the circuit.
        while !outbox.isDown {
            if let entries = outbox.next(at: now) { outbox.finish(entries, Self.later(), at: now) }
            now = now.advanced(byMilliseconds: 60_000)
        }
        #expect(outbox.room == 1)
        outbox.add(Batch(entries: [Self.entry(2)], through: 2))
        now = now.advanced(byMilliseconds: 60_000)
        let probe = try #require(outbox.next(at: now))
        #expect(probe.map(\.sequence) == [2])
        outbox.finish(probe, Self.taken, at: now)
        #expect(!outbox.isDown)
        #expect(outbox.takeSteps()?.cursor == 2)
    }

    @Test func whatFailsTogetherOpensTheCircuitOnceAndNotForLong() throws {
        let outbox = Self.outbox(Self.policy(.none, concurrency: 16), holding: Array(repeating: nil, count: 16))
        var batches: [[Entry]] = []
        while let entries = outbox.next(at: Self.start) { batches.append(entries) }
        #expect(batches.count == 16)
        for entries in batches { outbox.finish(entries, Self.later(), at: Self.start, chance: 0.999) }
        #expect(outbox.isDown)
        #expect(outbox.wakeAt(after: Self.start).map { $0.milliseconds(since: Self.start) <= 1_000 } == true)
        // While the probe is on its way there is nothing to wake for but its end.
        _ = try #require(outbox.next(at: Self.at(1_000)))
        #expect(outbox.wakeAt(after: Self.at(1_000)) == nil)
        #expect(outbox.next(at: Self.at(1_000)) == nil)
    }

    @Test func whatIsAmongTheRetriesAfterACrashIsNotReadASecondTime() {
        let outbox = Box(policy: Self.policy(.none), progress: Progress(cursor: 5))
        outbox.add([Retry(entry: Self.entry(7), attempts: 1, firstTriedAt: Self.start, dueAt: Self.at(100))])
        outbox.add(Batch(entries: [Self.entry(6), Self.entry(7)], through: 7))
        let first = outbox.next(at: Self.start)
        let second = outbox.next(at: Self.start)
        #expect(first?.map(\.sequence) == [6])
        #expect(second == nil)
    }

    @Test func longEntriesAreNotGatheredWithoutBound() {
        let outbox = Box(policy: Self.policy(.none, batchMax: 100, concurrency: 16), progress: Progress(cursor: 0))
        var read: Int64 = 0
        while outbox.room > 0 {
            read += 1
            let event = FrozenEvent(
                id: EventID(high: 0, low: UInt64(read)),
                label: Label(type: "t", provider: "p", channel: "c", source: "s"), subject: nil,
                bytes: [UInt8](repeating: 0, count: 1 << 20))
            outbox.add(
                Batch(entries: [Entry(sequence: read, event: event, receivedAt: Self.start)], through: read))
        }
        #expect(read == 8)
    }

    @Test func eachSubjectGoesOneAfterTheOtherAndAFailingOneHoldsUpNobodyElse() throws {
        let outbox = Self.outbox(Self.policy(.subject), holding: ["a", "a", "b", "a", "b", nil])
        let a1 = try #require(outbox.next(at: Self.start))
        let b3 = try #require(outbox.next(at: Self.start))
        let none = try #require(outbox.next(at: Self.start))
        #expect([a1, b3, none].flatMap { $0.map(\.sequence) } == [1, 3, 6])
        #expect(outbox.next(at: Self.start) == nil)

        outbox.finish(a1, Self.later(), at: Self.start)
        outbox.finish(b3, Self.taken, at: Self.start)
        #expect(outbox.next(at: Self.start)?.map(\.sequence) == [5])
        #expect(outbox.next(at: Self.start) == nil, "a waits, all of it")
        outbox.finish(none, Self.taken, at: Self.start)
        outbox.finish([Self.entry(5, subject: "b")], Self.taken, at: Self.start)
        let steps = try #require(outbox.takeSteps())
        #expect(steps.cursor == 6)
        #expect(Set(steps.postponed.map(\.sequence)) == [1, 2, 4])

        var order: [Int64] = []
        while let entries = outbox.next(at: Self.at(500)) {
            order += entries.map(\.sequence)
            #expect(outbox.next(at: Self.at(500)) == nil)
            outbox.finish(entries, Self.taken, at: Self.at(500))
        }
        #expect(order == [1, 2, 4])
    }

    @Test func whatWaitedBehindAnEarlierOneOfItsSubjectIsTriedForItsOwnTime() throws {
        let outbox = Self.outbox(Self.policy(.subject), holding: ["a", "a"])
        let first = try #require(outbox.next(at: Self.start))
        outbox.finish(first, Self.later(), at: Self.start)
        #expect(outbox.next(at: Self.at(1)) == nil)
        // The first is given up when its time is over, and only then the second is tried for the first time.
        let end: Int64 = 3_600_000
        #expect(outbox.next(at: Self.at(end)) == first)
        outbox.finish(first, Self.later(), at: Self.at(end))
        let second = try #require(outbox.next(at: Self.at(end)))
        outbox.finish(second, Self.later(), at: Self.at(end))
        let steps = try #require(outbox.takeSteps())
        #expect(steps.buried.map(\.sequence) == [1])
        let postponed = try #require(steps.postponed.last)
        #expect(postponed.sequence == 2 && postponed.attempts == 1 && postponed.firstTriedAt == Self.at(end))
    }

    @Test func afterARestartTheRetriesOfASubjectStillGoFirst() throws {
        let outbox = Box(policy: Self.policy(.subject), progress: Progress(cursor: 5))
        outbox.add([
            Retry(entry: Self.entry(3, subject: "a"), attempts: 1, firstTriedAt: Self.start, dueAt: Self.at(100))
        ])
        outbox.add(Batch(entries: [Self.entry(6, subject: "a"), Self.entry(7, subject: "b")], through: 7))
        #expect(outbox.next(at: Self.start)?.map(\.sequence) == [7])
        #expect(outbox.next(at: Self.start) == nil)
        #expect(outbox.next(at: Self.at(100))?.map(\.sequence) == [3])
    }

    @Test func inTheJournalsOrderAFailedBatchIsTriedAgainAndNothingIsPassedOver() throws {
        let outbox = Self.outbox(Self.policy(.journal, batchMax: 2, concurrency: 1), holding: [nil, nil, nil])
        let first = try #require(outbox.next(at: Self.start))
        #expect(first.map(\.sequence) == [1, 2])
        let full = Delivered(outcomes: [
            .later(reason: "disk full", waitMs: nil), .later(reason: "disk full", waitMs: nil),
        ])
        outbox.finish(first, full, at: Self.start)
        #expect(outbox.takeSteps() == nil)
        #expect(outbox.next(at: Self.at(499)) == nil)
        #expect(outbox.wakeAt(after: Self.at(1)) == Self.at(500))
        let again = try #require(outbox.next(at: Self.at(500)))
        #expect(again.map(\.sequence) == [1, 2])
        outbox.finish(again, Delivered(outcomes: [.taken, .taken], position: [7]), at: Self.at(500))
        #expect(outbox.takeSteps() == Steps(cursor: 2, position: [7]))
        #expect(outbox.next(at: Self.at(500)) == nil, "its position is not on the disk yet")
        outbox.recorded()
        #expect(outbox.next(at: Self.at(500))?.map(\.sequence) == [3])
    }

    @Test func whatDoesNotPassTheFilterMovesTheCursorToo() {
        let outbox = Box(policy: Self.policy(.none), progress: Progress(cursor: 10))
        outbox.add(Batch(entries: [], through: 500))
        #expect(outbox.takeSteps() == Steps(cursor: 500))
    }

    /// Any order of answers, successes and failures: in the end each entry is settled exactly once.
    @Test(arguments: [Outbox.Order.none, .subject, .journal])
    func nothingIsLostAndNothingIsSettledTwice(_ order: Outbox.Order) throws {
        var random = SplitMix(state: 42)
        for _ in 0..<40 {
            let outbox = Box(policy: Self.policy(order, batchMax: 3, concurrency: 3), progress: Progress(cursor: 0))
            var flying: [[Entry]] = []
            var now = Self.start
            var settled: [Int64] = []
            var postponed: Set<Int64> = []
            var cursor: Int64 = 0
            for _ in 0..<20_000 where settled.count < 300 {
                now = now.advanced(byMilliseconds: Int64(random.next() % 2_000))
                while outbox.room > 0, outbox.readThrough < 300 {
                    let next = outbox.readThrough + 1
                    outbox.add(
                        Batch(entries: [Self.entry(next, subject: "s\(random.next() % 5)")], through: next))
                }
                while let entries = outbox.next(at: now) { flying.append(entries) }
                if !flying.isEmpty {
                    let entries = flying.remove(at: Int(random.next() % UInt64(flying.count)))
                    let fails = random.next() % 4 == 0
                    let outcomes = entries.map { _ in fails ? Delivery.later(reason: "no", waitMs: nil) : .taken }
                    outbox.finish(entries, Delivered(outcomes: outcomes), at: now)
                    if !fails { settled += entries.map(\.sequence) }
                }
                if let steps = outbox.takeSteps() {
                    cursor = steps.cursor ?? cursor
                    postponed.formUnion(steps.postponed.map(\.sequence))
                    let done = Set(settled)
                    let isCovered = (1...max(1, cursor)).allSatisfy { done.contains($0) || postponed.contains($0) }
                    #expect(cursor == 0 || isCovered, "the cursor passed an entry that nobody keeps")
                }
            }
            #expect(settled.sorted() == Array(1...300))
            #expect(cursor == 300)
        }
    }
}

/// A small generator with a seed, so that a failure comes again.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
