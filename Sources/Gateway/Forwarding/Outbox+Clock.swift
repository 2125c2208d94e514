internal import Journal
internal import Model

/// What becomes of waits when somebody sets the clock: they last as long as they were to.
extension Outbox {
    /// The clock was set by so much, forwards or backwards.
    mutating func clockMoved(byMs milliseconds: Int64) {
        retries.move(byMs: milliseconds)
        for key in flying.keys { flying[key]?.move(byMs: milliseconds) }
        waiting.updateAll { $0.move(byMs: milliseconds) }
        replays.updateAll { $0.move(byMs: milliseconds) }
        circuit.clockMoved(byMs: milliseconds)
        aheadSince = aheadSince?.advanced(byMilliseconds: milliseconds)
    }
}

extension Outbox.Item {
    mutating func move(byMs milliseconds: Int64) {
        firstTriedAt = firstTriedAt?.advanced(byMilliseconds: milliseconds)
        dueAt = dueAt?.advanced(byMilliseconds: milliseconds)
    }

    /// With no wait that is longer than any that is given: the clock was set back while nobody looked.
    mutating func bound(at now: Instant, longestMs: Int64) {
        firstTriedAt = firstTriedAt.map { min($0, now) }
        dueAt = dueAt.map { min($0, now.advanced(byMilliseconds: longestMs)) }
    }
}

extension Progress {
    /// As ``Outbox/Item/bound(at:longestMs:)``, of a sink that is down.
    func bounded(at now: Instant, longestMs: Int64) -> Progress {
        var bounded = self
        bounded.outage = outage.map { outage in
            Outage(
                until: min(outage.until, now.advanced(byMilliseconds: longestMs)), probesFailed: outage.probesFailed)
        }
        return bounded
    }
}

/// Notices that the wall clock was set, by one that nobody sets.
struct ClockWatch: Sendable {
    /// By less than this clocks are kept right all the time.
    static let leastMs: Int64 = 2_000

    private var offsetMs: Int64?

    /// By how much the clock was set since this was last asked; 0 where it was not.
    mutating func jumpMs(wall: Instant, uptimeMs: Int64) -> Int64 {
        let offset = wall.microseconds / 1_000 - uptimeMs
        let jump = offset - (offsetMs ?? offset)
        offsetMs = offset
        return abs(jump) < Self.leastMs ? 0 : jump
    }
}
