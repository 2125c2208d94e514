/// How long one thing took, many times over.
struct BenchTimes {
    private(set) var microseconds: [Double] = []

    /// Runs a piece of work once and notes how long it took.
    mutating func measure<Result, Failure>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
        let start = ContinuousClock.now
        let result = try work()
        note(ContinuousClock.now - start, times: 1)
        return result
    }

    /// Notes how long so many of it took together, as what one took.
    mutating func note(_ duration: Duration, times count: Int) {
        let (seconds, attoseconds) = duration.components
        microseconds.append((Double(seconds) * 1e6 + Double(attoseconds) / 1e12) / Double(count))
    }

    mutating func add(_ other: BenchTimes) {
        microseconds += other.microseconds
    }

    /// The time that half of them stayed within.
    var median: Double { percentile(50) }

    /// The time that 99 of 100 stayed within.
    var p99: Double { percentile(99) }

    var lowest: Double { microseconds.min() ?? 0 }

    var highest: Double { microseconds.max() ?? 0 }

    /// By the nearest rank: a time that was really taken.
    private func percentile(_ percent: Int) -> Double {
        guard !microseconds.isEmpty else { return 0 }
        return microseconds.sorted()[(microseconds.count * percent + 99) / 100 - 1]
    }
}
