import Model
import Testing

@testable import Gateway

/// Goal: a source brings no more than its rate, whoever is refused too often is not listened to for a while, and the table
/// of those stays small.
struct ThrottleTests {
    private static let start = Instant(microseconds: 1_770_000_000_000_000)

    private static func after(seconds: Int64) -> Instant {
        Instant(microseconds: start.microseconds + seconds * 1_000_000)
    }

    private static func source(_ rate: Rate?) -> Source {
        Source(name: "a", provider: "telesign", access: Source.Access(rate: rate))
    }

    @Test func aSourceIsHeldToItsRate() {
        let throttle = Throttle(strangers: nil)
        let source = Self.source(Rate(perSecond: 1, burst: 2))
        #expect((0..<3).map { _ in throttle.take(from: source, at: Self.start) } == [0, 0, 1])
        // Whoever comes to it now is told by the head; who goes elsewhere is not.
        #expect(throttle.secondsToWait(from: nil, to: source, at: Self.start) == 1)
        #expect(throttle.secondsToWait(from: nil, to: nil, at: Self.start) == 0)
        #expect(throttle.take(from: source, at: Self.after(seconds: 1)) == 0)
        // A rate that was changed counts from now.
        let faster = Self.source(Rate(perSecond: 1, burst: 5))
        #expect(throttle.secondsToWait(from: nil, to: faster, at: Self.after(seconds: 1)) == 0)
        #expect((0..<6).map { _ in throttle.take(from: faster, at: Self.after(seconds: 1)) } == [0, 0, 0, 0, 0, 1])
        #expect(throttle.take(from: Self.source(nil), at: Self.start) == 0)
    }

    @Test func whoIsRefusedTooOftenHasToWait() throws {
        let throttle = Throttle(strangers: Rate(perSecond: 1, burst: 3))
        let one = try #require(IPAddress("192.0.2.1"))
        let other = try #require(IPAddress("192.0.2.2"))
        for _ in 0..<2 { throttle.refused(one, at: Self.start) }
        #expect(throttle.secondsToWait(from: one, to: nil, at: Self.start) == 0)
        throttle.refused(one, at: Self.start)
        #expect(throttle.secondsToWait(from: one, to: nil, at: Self.start) == 1)
        #expect(throttle.secondsToWait(from: other, to: nil, at: Self.start) == 0)
        #expect(throttle.secondsToWait(from: one, to: nil, at: Self.after(seconds: 1)) == 0)
        // The machine itself, and who has no address, are nobody to hold to a rate.
        let itself = try #require(IPAddress("127.0.0.1"))
        for _ in 0..<9 { throttle.refused(itself, at: Self.start) }
        for _ in 0..<9 { throttle.refused(nil, at: Self.start) }
        #expect(throttle.secondsToWait(from: itself, to: nil, at: Self.start) == 0)
        #expect(throttle.secondsToWait(from: nil, to: nil, at: Self.start) == 0)
    }

    /// A vendor posts from few addresses: a key that is wrong at one source keeps nobody from the others for long.
    @Test func whoProvesItselfIsListenedTo() throws {
        let throttle = Throttle(strangers: Rate(perSecond: 1, burst: 3))
        let one = try #require(IPAddress("192.0.2.1"))
        for _ in 0..<9 { throttle.refused(one, at: Self.start) }
        #expect(throttle.secondsToWait(from: one, to: nil, at: Self.start) == 1)
        throttle.proved(one)
        #expect(throttle.secondsToWait(from: one, to: nil, at: Self.start) == 0)
    }

    @Test func strangersAreForgottenRatherThanGathered() throws {
        var strangers = Strangers(rate: Rate(perSecond: 1, burst: 1))
        func address(_ number: Int) throws -> IPAddress {
            try #require(IPAddress("10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"))
        }
        let first = try address(0)
        for number in 0..<Strangers.addressesMax { strangers.refused(try address(number), at: Self.start) }
        func secondsToWait(_ address: IPAddress) -> Int { strangers.secondsToWait(address, at: Self.start) }
        #expect(secondsToWait(first) == 1)
        for number in 0..<5 * Strangers.addressesMax {
            strangers.refused(try address(number), at: Self.start)
            #expect(strangers.count <= 2 * Strangers.addressesMax)
        }
        #expect(secondsToWait(first) == 0)
        #expect(secondsToWait(try address(5 * Strangers.addressesMax - 1)) == 1)
    }

    @Test func oneWhoIsProvedLeavesTheOthersRemembered() throws {
        var strangers = Strangers(rate: Rate(perSecond: 1, burst: 1))
        func address(_ number: Int) throws -> IPAddress {
            try #require(IPAddress("10.0.\(number >> 8 & 255).\(number & 255)"))
        }
        // The last one is the only one of its generation.
        for number in 0...Strangers.addressesMax { strangers.refused(try address(number), at: Self.start) }
        strangers.proved(try address(Strangers.addressesMax))
        #expect(strangers.secondsToWait(try address(0), at: Self.start) == 1)
    }

    @Test func aStrangerWhoComesAgainIsCountedOnce() throws {
        var strangers = Strangers(rate: Rate(perSecond: 1, burst: 1))
        func address(_ number: Int) throws -> IPAddress {
            try #require(IPAddress("10.0.\(number >> 8 & 255).\(number & 255)"))
        }
        for number in 0...Strangers.addressesMax { strangers.refused(try address(number), at: Self.start) }
        #expect(strangers.count == Strangers.addressesMax + 1)
        // The first ones are about to be forgotten, but for who is refused again.
        strangers.refused(try address(0), at: Self.start)
        #expect(strangers.count == Strangers.addressesMax + 1)
        strangers.proved(try address(0))
        #expect(strangers.count == Strangers.addressesMax)
    }
}
