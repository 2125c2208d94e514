internal import Model

/// What time it is, for whoever deletes by it: a wall clock that does not leap ahead.
///
/// Where somebody sets the clock ahead, all that there is has become old at once, and what is deleted does not come back when
/// the clock is right again. So time goes by at twice its pace at most: a clock that is wrong for an hour costs an hour of what
/// was to be kept, and one that was set right is caught up with.
struct PrudentClock: Sendable {
    private var last: (now: Instant, uptimeMs: Int64)?

    /// - Parameter uptimeMs: of a clock that nobody sets.
    mutating func now(wall: Instant, uptimeMs: Int64) -> Instant {
        let now = last.map { min(wall, $0.now.advanced(byMilliseconds: 2 * (uptimeMs - $0.uptimeMs))) } ?? wall
        last = (now, uptimeMs)
        return now
    }
}
