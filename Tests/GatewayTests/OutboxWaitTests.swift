import Journal
import Model
import Sinks
import Testing

@testable import Gateway

/// Goal: what is old holds up nothing that is new, and waits last as long as they were to, whatever the clock says.
///
/// Method: as ``OutboxTests``.
struct OutboxWaitTests {
    private typealias Box = OutboxTests.Box

    private static func replay(_ sequence: Int64, subject: String? = nil) -> Retry {
        Retry(
            entry: OutboxTests.entry(sequence, subject: subject), attempts: 0, firstTriedAt: OutboxTests.start,
            dueAt: OutboxTests.start)
    }

    @Test(arguments: [Outbox.Order.none, .subject, .journal])
    func whatIsSentAgainAndWhatIsNewGoOutByTurns(_ order: Outbox.Order) throws {
        let outbox = OutboxTests.outbox(
            OutboxTests.policy(order, concurrency: 1), holding: ["a", "b", "c"], cursor: 100)
        var next: Int64 = 0
        var order: [Int64] = []
        for _ in 0..<10 {
            if outbox.wantsReplays {
                outbox.add(replays: [Self.replay(next + 1, subject: "a"), Self.replay(next + 2, subject: "d")])
                next += 2
            }
            let entries = try #require(outbox.next(at: OutboxTests.start))
            order += entries.map(\.sequence)
            outbox.finish(entries, OutboxTests.taken, at: OutboxTests.start)
            _ = outbox.takeSteps()
            outbox.recorded()
        }
        #expect(order == [101, 1, 102, 2, 103, 3, 4, 5, 6, 7])
    }

    @Test func whatIsSentAgainAndFailsLeavesRoomForWhatIsNew() throws {
        let outbox = Box(
            policy: OutboxTests.policy(.none, batchMax: 100, concurrency: 1), progress: Progress(cursor: 50_000))
        var sequence: Int64 = 0
        while outbox.wantsReplays {
            outbox.add(replays: (1...100).map { Self.replay(sequence + $0) })
            sequence += 100
            let entries = try #require(outbox.next(at: OutboxTests.start))
            // One is taken, so that the sink does not count as down.
            let outcomes = entries.map { Delivery.later(reason: "\($0.sequence)", waitMs: nil) }
            outbox.finish(entries, Delivered(outcomes: outcomes.dropLast() + [.taken]), at: OutboxTests.start)
        }
        #expect(outbox.retriesCount > 1_000)
        #expect(outbox.room > 0)
        outbox.add(Batch(entries: [OutboxTests.entry(50_001)], through: 50_001))
        #expect(outbox.next(at: OutboxTests.start)?.map(\.sequence) == [50_001])
    }

    @Test func whatIsSettledIsNotTakenInAgainBeforeTheJournalKnows() throws {
        let outbox = Box(policy: OutboxTests.policy(.none), progress: Progress(cursor: 9))
        outbox.add(replays: [Self.replay(4)])
        #expect(!outbox.hasPassedOverReplays)
        outbox.finish(try #require(outbox.next(at: OutboxTests.start)), OutboxTests.taken, at: OutboxTests.start)
        // Asked once more before, while and after it is recorded, until it is asked for anew.
        for step in [{ _ = outbox.takeSteps() }, { outbox.recorded() }, { outbox.forgetRecorded() }] {
            outbox.add(replays: [Self.replay(4)])
            #expect(outbox.next(at: OutboxTests.start) == nil)
            #expect(outbox.hasPassedOverReplays)
            step()
        }
        outbox.add(replays: [Self.replay(4)])
        #expect(outbox.next(at: OutboxTests.start)?.map(\.sequence) == [4])
    }

    /// Case 123, R20.
    @Test(arguments: [86_400_000, -86_400_000, 400 * 86_400_000])
    func waitsLastAsLongAsTheyWereToThoughTheClockIsSet(_ jumpMs: Int64) throws {
        let outbox = OutboxTests.outbox(OutboxTests.policy(.none), holding: [nil])
        outbox.finish(try #require(outbox.next(at: OutboxTests.start)), OutboxTests.later(), at: OutboxTests.start)
        var watch = ClockWatch()
        #expect(watch.jumpMs(wall: OutboxTests.start, uptimeMs: 7) == 0)
        #expect(watch.jumpMs(wall: OutboxTests.at(400), uptimeMs: 407) == 0)
        #expect(watch.jumpMs(wall: OutboxTests.at(450 + jumpMs), uptimeMs: 457) == jumpMs)
        outbox.clockMoved(byMs: jumpMs)
        #expect(outbox.next(at: OutboxTests.at(499 + jumpMs)) == nil)
        #expect(outbox.wakeAt(after: OutboxTests.at(499 + jumpMs)) == OutboxTests.at(500 + jumpMs))
        // And patience is not at its end for that.
        let again = try #require(outbox.next(at: OutboxTests.at(500 + jumpMs)))
        outbox.finish(again, OutboxTests.later(), at: OutboxTests.at(500 + jumpMs))
        #expect(outbox.takeSteps()?.buried == [])
    }

    @Test func aClockThatWasSetBackWhileNobodyLookedPutsOffNothing() throws {
        let outbox = Box(policy: OutboxTests.policy(.none), progress: Progress(cursor: 9))
        let later = OutboxTests.at(86_400_000)
        outbox.add([Retry(entry: OutboxTests.entry(4), attempts: 1, firstTriedAt: later, dueAt: later)])
        #expect(outbox.wakeAt(after: OutboxTests.start) == OutboxTests.at(60_000))
        let outage = Progress(outage: Progress.Outage(until: later, probesFailed: 1))
        #expect(outage.bounded(at: OutboxTests.start, longestMs: 60_000).outage?.until == OutboxTests.at(60_000))
    }
}
