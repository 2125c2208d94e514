import Journal
import Model
import Sinks
import Testing

@testable import Gateway

/// Goal: an entry that the process ends of does not stop all others for ever, nor does a sink that is gone lose anything.
struct CautionTests {
    private typealias Kit = OutboxTests

    private static func outbox(
        _ order: Outbox.Order = .none, batchMax: Int = 1, holding count: Int, _ progress: Progress
    ) -> Kit.Box {
        let outbox = Kit.Box(policy: Kit.policy(order, batchMax: batchMax), progress: progress)
        let entries = (1...Int64(count)).map { Kit.entry(progress.cursor + $0, subject: "s\($0)") }
        outbox.add(Batch(entries: entries, through: progress.cursor + Int64(count)))
        return outbox
    }

    @Test func afterAnEndThatWasGoodAllGoOutAtOnce() {
        let outbox = Self.outbox(holding: 4, Progress())
        #expect(!outbox.isCautious)
        for _ in 1...4 { #expect(outbox.next(at: Kit.start) != nil) }
    }

    @Test func afterACrashOneIsTriedAfterTheOtherUntilTheyAreThrough() throws {
        let outbox = Self.outbox(holding: 258, Progress(isServed: true))
        for number in 1...Int64(256) {
            #expect(outbox.isCautious)
            let entries = try #require(outbox.next(at: Kit.start))
            #expect(entries.map(\.sequence) == [number])
            #expect(outbox.next(at: Kit.start) == nil)
            outbox.finish(entries, Kit.taken, at: Kit.start)
            #expect(outbox.takeSteps()?.survived == [number])
        }
        // As many as can have been read and not recorded as taken.
        #expect(!outbox.isCautious)
        #expect(outbox.next(at: Kit.start) != nil && outbox.next(at: Kit.start) != nil)
    }

    @Test func cautionEndsWhereNothingIsLeftToRead() throws {
        let outbox = Self.outbox(holding: 1, Progress(isServed: true, trials: [77: 1]))
        outbox.caughtUp()
        #expect(outbox.isCautious)
        outbox.finish(try #require(outbox.next(at: Kit.start)), Kit.taken, at: Kit.start)
        outbox.caughtUp()
        #expect(!outbox.isCautious)
        // What is not there any more is not remembered either.
        #expect(outbox.takeSteps()?.survived == [1, 77])
    }

    @Test(arguments: [Outbox.Order.none, .subject])
    func theOneThatTheProcessEndsOfIsGivenUpAtTheThirdTime(_ order: Outbox.Order) throws {
        // Of the first crash nothing is noted; then it was tried twice, and the process ended each time.
        let outbox = Self.outbox(order, holding: 3, Progress(isServed: true, trials: [1: 2]))
        let entries = try #require(outbox.next(at: Kit.start))
        #expect(entries.map(\.sequence) == [2])
        let steps = try #require(outbox.takeSteps())
        #expect(steps.buried.map(\.sequence) == [1] && steps.survived == [1])
        #expect(steps.buried.first?.reason == Caution.reason)
    }

    @Test func thoseOfABatchAreTriedAloneInTheirOrder() throws {
        let outbox = Self.outbox(
            .journal, batchMax: 4, holding: 6, Progress(isServed: true, trials: [2: 0, 3: 2]))
        var sent: [[Int64]] = []
        while let entries = outbox.next(at: Kit.start) {
            sent.append(entries.map(\.sequence))
            outbox.finish(
                entries, Delivered(outcomes: entries.map { _ in .taken }, position: [1]), at: Kit.start)
            _ = outbox.takeSteps()
            outbox.recorded()
        }
        #expect(sent == [[1], [2], [3], [4, 5, 6]])
    }

    @Test func aSinkThatWantsNothingMoreIsSentNothingMore() throws {
        let outbox = Self.outbox(holding: 3, Progress())
        let first = try #require(outbox.next(at: Kit.start))
        let second = try #require(outbox.next(at: Kit.start))
        outbox.finish(first, Delivered(outcomes: [.gone(reason: "status 410")]), at: Kit.start)
        outbox.finish(second, Kit.taken, at: Kit.start)
        #expect(outbox.isHalted && outbox.room == 0)
        #expect(outbox.next(at: Kit.at(3_600_000)) == nil && outbox.wakeAt(after: Kit.start) == nil)
        let steps = try #require(outbox.takeSteps())
        #expect(steps.turn == .halted(Progress.Halt(reason: "status 410", at: Kit.start)))
        #expect(steps.cursor == nil && steps.buried.isEmpty)
        outbox.resume()
        #expect(outbox.next(at: Kit.start)?.map(\.sequence) == [1])
        #expect(outbox.next(at: Kit.start)?.map(\.sequence) == [3])
    }

    @Test func whatIsKnownOfASinkOutlivesARestart() throws {
        let halted = Progress(halt: Progress.Halt(reason: "status 410", at: Kit.start))
        #expect(Self.outbox(holding: 1, halted).next(at: Kit.start) == nil)

        let outbox = Self.outbox(holding: 5, Progress())
        for _ in 1...Outbox.failuresMax {
            outbox.finish(try #require(outbox.next(at: Kit.start)), Kit.later(), at: Kit.start)
        }
        guard case .down(let outage) = outbox.takeSteps()?.health else { return #expect(Bool(false), "it is not down") }
        #expect(outage.until > Kit.start)
        let again = Self.outbox(holding: 2, Progress(outage: outage))
        #expect(again.isDown && again.next(at: Kit.start) == nil)
        let probe = try #require(again.next(at: outage.until))
        #expect(again.next(at: outage.until) == nil)
        again.finish(probe, Kit.taken, at: outage.until)
        #expect(again.takeSteps()?.health == .up)
        #expect(again.next(at: outage.until) != nil)
    }

    @Test func whatIsSentAgainToAFileGoesBackToTheRetriesWhereItFails() throws {
        let outbox = Kit.Box(policy: Kit.policy(.journal, batchMax: 2), progress: Progress(cursor: 5))
        let retries = [1, 2].map {
            Retry(entry: Kit.entry($0), attempts: 0, firstTriedAt: Kit.start, dueAt: Kit.start)
        }
        outbox.add(retries)
        let full = Delivered(outcomes: retries.map { _ in .later(reason: "disk full", waitMs: nil) })
        outbox.finish(try #require(outbox.next(at: Kit.start)), full, at: Kit.start)
        outbox.add(retries)
        #expect(outbox.retriesCount == 2)
        let again = try #require(outbox.next(at: Kit.at(5_000)))
        #expect(again.map(\.sequence) == [1, 2])
        outbox.finish(again, Delivered(outcomes: [.taken, .taken], position: [1]), at: Kit.at(5_000))
        #expect(outbox.takeSteps()?.settled.map(\.sequence) == [1, 2])
    }
}
