/// How often something may happen: so often at once, and so often a second in the long run.
public struct Rate: Sendable, Equatable {
    public let perSecond: Int
    public let burst: Int

    public init(perSecond: Int, burst: Int) {
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// What is left of a rate: a value that is told the time.
public struct TokenBucket: Sendable, Equatable {
    private static let microPerToken: Int64 = 1_000_000

    private let rate: Rate
    /// Millionths, so that a microsecond at one a second is one.
    private var microTokens: Int64
    private var lookedAt: Instant

    /// A full one.
    public init(_ rate: Rate, at now: Instant) {
        self.rate = rate
        microTokens = Int64(rate.burst) * Self.microPerToken
        lookedAt = now
    }

    /// Takes one where there is one.
    public mutating func take(at now: Instant) -> Bool {
        look(at: now)
        guard microTokens >= Self.microPerToken else { return false }
        microTokens -= Self.microPerToken
        return true
    }

    /// How many seconds, rounded up, until there is one; 0 where there is one now.
    public mutating func secondsToWait(at now: Instant) -> Int {
        look(at: now)
        let missing = Self.microPerToken - microTokens
        guard missing > 0 else { return 0 }
        let microPerSecond = Int64(rate.perSecond) * Self.microPerToken
        return Int((missing + microPerSecond - 1) / microPerSecond)
    }

    /// It goes on from the moment that it is told, also where that lies before the last one: nobody is to wait until a clock
    /// that was set back has caught up.
    private mutating func look(at now: Instant) {
        microTokens = level(at: now)
        lookedAt = now
    }

    private var capacity: Int64 { Int64(rate.burst) * Self.microPerToken }

    /// A clock that was set back fills nothing, and takes nothing away.
    private func level(at now: Instant) -> Int64 {
        guard now.microseconds > lookedAt.microseconds else { return microTokens }
        let (elapsed, isFar) = now.microseconds.subtractingReportingOverflow(lookedAt.microseconds)
        let (filled, isFarther) = elapsed.multipliedReportingOverflow(by: Int64(rate.perSecond))
        let (sum, isFarthest) = microTokens.addingReportingOverflow(filled)
        return isFar || isFarther || isFarthest ? capacity : min(sum, capacity)
    }
}
