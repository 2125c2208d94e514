/// How long things took, counted in buckets whose bounds are known beforehand.
final class Histogram: Sendable {
    /// The upper bound of each bucket in microseconds, rising; what took longer than all of them has one more.
    let boundsUs: [Int64]
    private let buckets: [Counter]
    private let sumUs = Counter()

    /// What was counted up to a moment: how many in each bucket, and how long all of them took together.
    struct Reading: Sendable, Equatable {
        var counts: [Int64]
        var sumUs: Int64
    }

    init(_ boundsUs: [Int64]) {
        self.boundsUs = boundsUs
        buckets = (0...boundsUs.count).map { _ in Counter() }
    }

    func note(microseconds: Int64) {
        let spent = max(0, microseconds)
        var bucket = 0
        while bucket < boundsUs.count, boundsUs[bucket] < spent { bucket += 1 }
        buckets[bucket].add()
        sumUs.add(spent)
    }

    var reading: Reading {
        Reading(counts: buckets.map(\.value), sumUs: sumUs.value)
    }

    /// What a decoder takes: from 5 microseconds on.
    static let decodeBoundsUs: [Int64] = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 25_000]
    /// What a disk takes: from 0.1 milliseconds to 5 seconds.
    static let commitBoundsUs: [Int64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
    ]
    /// What a receiver takes, and the way to it: from 1 millisecond to an hour.
    static let deliveryBoundsUs: [Int64] = [
        1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        60_000_000, 600_000_000, 3_600_000_000,
    ]
}

extension Histogram.Reading {
    /// What was counted since an earlier reading of the same histogram.
    func since(_ earlier: Histogram.Reading) -> Histogram.Reading {
        Histogram.Reading(counts: zip(counts, earlier.counts).map { $0 - $1 }, sumUs: sumUs - earlier.sumUs)
    }

    /// The bound that such a share of all lies under, in microseconds, near enough: within a bucket it is taken to be
    /// evenly spread. Nil where nothing was counted.
    func quantile(_ share: Double, boundsUs: [Int64]) -> Int64? {
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = share * Double(total)
        var below: Int64 = 0
        for (index, count) in counts.enumerated() where count > 0 {
            if Double(below + count) >= rank {
                guard index < boundsUs.count else { return boundsUs.last }
                let lower = index == 0 ? 0 : boundsUs[index - 1]
                let part = (rank - Double(below)) / Double(count)
                return lower + Int64(part * Double(boundsUs[index] - lower))
            }
            below += count
        }
        return boundsUs.last
    }
}
