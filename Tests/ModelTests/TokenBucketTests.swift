import Model
import Testing

/// Goal: so many at once and so many a second, whatever the clock does.
struct TokenBucketTests {
    private static let start = Instant(microseconds: 1_770_000_000_000_000)

    private static func after(_ microseconds: Int64) -> Instant {
        Instant(microseconds: start.microseconds + microseconds)
    }

    /// Outside of the macros, which ask nothing of a value that changes by it.
    private static func secondsToWait(_ bucket: inout TokenBucket, _ microseconds: Int64) -> Int {
        bucket.secondsToWait(at: after(microseconds))
    }

    @Test func givesItsBurstAndThenItsRate() {
        var bucket = TokenBucket(Rate(perSecond: 4, burst: 3), at: Self.start)
        #expect((0..<4).map { _ in bucket.take(at: Self.start) } == [true, true, true, false])
        #expect(Self.secondsToWait(&bucket, 0) == 1)
        let refused = bucket.take(at: Self.after(249_999))
        #expect(!refused)
        let taken = bucket.take(at: Self.after(250_000))
        #expect(taken)
        #expect((0..<4).map { _ in bucket.take(at: Self.after(60_000_000)) } == [true, true, true, false])
    }

    @Test func saysHowLongToWait() {
        var bucket = TokenBucket(Rate(perSecond: 1, burst: 1), at: Self.start)
        #expect(Self.secondsToWait(&bucket, 0) == 0)
        _ = bucket.take(at: Self.start)
        #expect(Self.secondsToWait(&bucket, 1) == 1)
        #expect(Self.secondsToWait(&bucket, 1_000_000) == 0)
    }

    @Test func aClockThatIsSetChangesLittle() {
        var bucket = TokenBucket(Rate(perSecond: 1, burst: 2), at: Self.start)
        #expect((0..<3).map { _ in bucket.take(at: Self.start) } == [true, true, false])
        // A day back: nothing is had for it, and the rate goes on from there.
        let dayBack = Self.after(-86_400_000_000)
        let early = bucket.take(at: dayBack)
        #expect(!early)
        let later = bucket.take(at: Instant(microseconds: dayBack.microseconds + 1_000_000))
        #expect(later)
        // An hour back, and only asked: the wait is no longer than the rate has it.
        #expect(Self.secondsToWait(&bucket, -90_000_000_000) == 1)
        #expect(Self.secondsToWait(&bucket, -89_999_000_000) == 0)
        // To the end of time, from its beginning: full, and no more than full.
        _ = bucket.take(at: Instant(microseconds: .min))
        #expect((0..<3).map { _ in bucket.take(at: Instant(microseconds: .max)) } == [true, true, false])
    }
}
