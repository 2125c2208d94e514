import Journal
import Model
import Sinks
import Testing

@testable import Gateway

/// Goal: events of any length that fail do not fill the memory, and what was erased is sent no more.
struct OutboxLimitsTests {
    private static let start = OutboxTests.start
    private static let longestMs: Int64 = 60_000

    private static func later(_ milliseconds: Int64) -> Instant { start.advanced(byMilliseconds: milliseconds) }

    @Test func longEventsThatFailAreBoundedByTheirBytes() {
        let outbox = OutboxTests.Box(policy: OutboxTests.policy(.none), progress: Progress(cursor: 900))
        func retry(_ sequence: Int64) -> Retry {
            let event = FrozenEvent(
                id: EventID(high: 1, low: UInt64(sequence)),
                label: Label(type: "t", provider: "p", channel: "c", source: "s"), subject: nil,
                bytes: [UInt8](repeating: 0x20, count: 8 << 20))
            return Retry(
                entry: Entry(sequence: sequence, event: event, receivedAt: Self.start), attempts: 1,
                firstTriedAt: Self.start, dueAt: Self.later(1_000))
        }
        outbox.add((1...7).map(retry))
        #expect(outbox.room > 0)
        outbox.add([retry(8)])
        #expect(outbox.room == 0)
        // Once one of them is taken there is room again.
        let entries = outbox.next(at: Self.later(1_000)) ?? []
        outbox.finish(entries, Delivered(outcomes: [.taken]), at: Self.later(1_000))
        #expect(outbox.room > 0)
    }

    @Test func whatWasErasedIsSentNoMore() {
        let outbox = OutboxTests.outbox(OutboxTests.policy(.subject, concurrency: 2), holding: ["a", "b", "c", "a"])
        let flying = outbox.next(at: Self.start) ?? []
        #expect(flying.map(\.sequence) == [1])
        // One that failed, one on its way, one that waits behind it, and one that only waits.
        let failing = outbox.next(at: Self.start) ?? []
        outbox.finish(failing, OutboxTests.later(), at: Self.start)
        outbox.forget([1, 2, 3])
        outbox.finish(flying, OutboxTests.later(), at: Self.start)
        #expect(outbox.next(at: Self.start)?.map(\.sequence) == [4])
        #expect(outbox.retriesCount == 0)
        #expect(outbox.takeSteps()?.postponed.isEmpty ?? true)
        #expect(outbox.next(at: Self.later(Self.longestMs)) == nil)
    }

    @Test func whoWantsNothingMoreIsHeardAlsoOfWhatWasErased() throws {
        let outbox = OutboxTests.outbox(OutboxTests.policy(.none), holding: [nil, nil])
        let flying = try #require(outbox.next(at: Self.start))
        outbox.forget([flying[0].sequence])
        outbox.finish(flying, Delivered(outcomes: [.gone(reason: "410")]), at: Self.start)
        #expect(outbox.isHalted && outbox.next(at: Self.start) == nil)
    }

    @Test(arguments: [Delivered(outcomes: [.taken]), OutboxTests.later()])
    func aProbeThatIsErasedMeanwhileStillTellsHowTheSinkDoes(answer: Delivered) throws {
        let outbox = OutboxTests.outbox(OutboxTests.policy(.none), holding: [nil, nil, nil, nil, nil, nil, nil])
        for _ in 1...Outbox.failuresMax {
            outbox.finish(try #require(outbox.next(at: Self.start)), OutboxTests.later(), at: Self.start)
        }
        let probedAt = try #require(outbox.wakeAt(after: Self.start))
        let probe = try #require(outbox.next(at: probedAt))
        outbox.forget([probe[0].sequence])
        outbox.finish(probe, answer, at: probedAt)
        let isBack = answer == OutboxTests.taken
        #expect(outbox.isDown != isBack)
        // Either it sends at once, or it knows when to look again.
        let again = isBack ? probedAt : try #require(outbox.wakeAt(after: probedAt))
        #expect(outbox.next(at: again) != nil)
    }
}
