import Journal
import Model
import Sinks
import Testing

@testable import Gateway

/// Goal: how far a sink came is on the disk soon, with few transactions: after a crash no more is sent again than may have been
/// on its way, and as much again.
///
/// Method: as in ``OutboxTests``. Four may be on their way at a time.
struct OutboxRecordingTests {
    private typealias Kit = OutboxTests

    private static func outbox(holding count: Int) -> Kit.Box {
        Kit.outbox(Kit.policy(.none), holding: Array(repeating: nil, count: count))
    }

    /// Sends until as many are on their way as may be, takes back the first of them, and sends another.
    private static func passOne(_ outbox: Kit.Box, _ flying: inout [[Entry]], at now: Instant) throws {
        while let entries = outbox.next(at: now) { flying.append(entries) }
        outbox.finish(flying.removeFirst(), Kit.taken, at: now)
        flying.append(try #require(outbox.next(at: now)))
    }

    @Test func theCursorIsRecordedOnceItPassedAsManyAsMayBeOnTheirWay() throws {
        let outbox = Self.outbox(holding: 20)
        var flying: [[Entry]] = []
        for _ in 1...3 {
            try Self.passOne(outbox, &flying, at: Kit.start)
            #expect(outbox.takeDueSteps(at: Kit.start) == nil)
        }
        try Self.passOne(outbox, &flying, at: Kit.start)
        #expect(outbox.takeDueSteps(at: Kit.start) == Steps(cursor: 4))
        // And from there on anew.
        try Self.passOne(outbox, &flying, at: Kit.start)
        #expect(outbox.takeDueSteps(at: Kit.start) == nil)
    }

    @Test func orAMomentAfterItMoved() throws {
        let outbox = Self.outbox(holding: 20)
        var flying: [[Entry]] = []
        #expect(outbox.recordsAt == nil)
        try Self.passOne(outbox, &flying, at: Kit.start)
        #expect(outbox.takeDueSteps(at: Kit.start) == nil)
        #expect(outbox.recordsAt == Kit.at(50))
        try Self.passOne(outbox, &flying, at: Kit.at(40))
        #expect(outbox.takeDueSteps(at: Kit.at(49)) == nil)
        #expect(outbox.takeDueSteps(at: Kit.at(50)) == Steps(cursor: 2))
        #expect(outbox.recordsAt == nil)
    }

    @Test func theMomentStaysAsLongWhenTheClockIsSet() throws {
        let outbox = Self.outbox(holding: 20)
        var flying: [[Entry]] = []
        try Self.passOne(outbox, &flying, at: Kit.start)
        #expect(outbox.takeDueSteps(at: Kit.start) == nil)
        outbox.clockMoved(byMs: -3_600_000)
        #expect(outbox.recordsAt == Kit.at(50 - 3_600_000))
    }

    @Test func withNothingOnItsWayItIsRecordedAtOnce() throws {
        let outbox = Self.outbox(holding: 1)
        let entries = try #require(outbox.next(at: Kit.start))
        outbox.finish(entries, Kit.taken, at: Kit.start)
        #expect(outbox.takeDueSteps(at: Kit.start) == Steps(cursor: 1))
    }

    @Test func whatIsMoreThanTheCursorIsRecordedAtOnce() throws {
        let outbox = Self.outbox(holding: 20)
        let first = try #require(outbox.next(at: Kit.start))
        _ = outbox.next(at: Kit.start)
        outbox.finish(first, Kit.later(), at: Kit.start)
        let steps = try #require(outbox.takeDueSteps(at: Kit.start))
        #expect(steps.postponed.map(\.sequence) == [1] && steps.cursor == 1)
    }

    @Test func manyAreReadAtATimeOrNone() throws {
        let outbox = Self.outbox(holding: 256)
        var rooms: Set<Int> = []
        while let entries = outbox.next(at: Kit.start) {
            outbox.finish(entries, Kit.taken, at: Kit.start)
            rooms.insert(outbox.room)
        }
        #expect(rooms.min() == 0)
        #expect(rooms.subtracting([0]).min() == 128)
    }

    @Test func whatIsNewGathersBehindABatchThatWasNotFull() throws {
        var policy = Kit.policy(.journal, batchMax: 3)
        policy.gatherMs = 20
        let outbox = Kit.outbox(policy, holding: [nil, nil, nil, nil])
        #expect(outbox.room > 0, "nothing was sent yet")
        let full = try #require(outbox.next(at: Kit.start))
        #expect(full.count == 3 && !outbox.isGathering && outbox.room > 0)
        outbox.finish(full, Delivered(outcomes: full.map { _ in .taken }), at: Kit.start)
        let last = try #require(outbox.next(at: Kit.start))
        #expect(last.count == 1 && outbox.isGathering && outbox.room == 0)
        outbox.finish(last, Kit.taken, at: Kit.start)
        #expect(outbox.room == 0)
        outbox.gathered()
        #expect(outbox.room > 0)
    }

    @Test func nothingGathersWhereNobodyAskedForIt() throws {
        let outbox = Self.outbox(holding: 1)
        _ = try #require(outbox.next(at: Kit.start))
        #expect(outbox.room > 0 && !outbox.isGathering)
    }
}
