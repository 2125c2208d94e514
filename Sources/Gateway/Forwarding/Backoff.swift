internal import Model

/// How long to wait before another try: exponential with full jitter, so that many do not come back at once.
struct Backoff: Sendable, Equatable {
    let firstMs: Int64
    let longestMs: Int64

    /// The wait after so many failures in a row, at least one.
    /// - Parameter chance: a number from 0 to below 1, drawn by the caller.
    func waitMs(afterFailures failures: Int, chance: Double) -> Int64 {
        let doublings = min(max(failures - 1, 0), 40)
        let (ceiling, overflow) = firstMs.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return Int64(Double(overflow ? longestMs : min(ceiling, longestMs)) * chance)
    }
}
