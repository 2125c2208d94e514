internal import Model

/// What was measured over the last hour, a sample every few seconds: what the operator's page plots.
actor Trends {
    static let everyMs: Int64 = 5_000
    static let samplesMax = 720

    /// One look at everything. Counts are of the time since the sample before it.
    struct Sample: Sendable, Equatable {
        /// It only rises.
        var number: Int64 = 0
        let at: Instant
        let sources: [Source]
        let sinks: [Sink]
        let waitingRequests: Int64

        struct Source: Sendable, Equatable {
            let name: String
            let accepted: Int64
            let duplicate: Int64
            let refused: Int64
            let unavailable: Int64
            /// From the last byte of a request to the disk; nil where none came.
            let medianUs: Int64?
            let p99Us: Int64?
        }

        struct Sink: Sendable, Equatable {
            let name: String
            let taken: Int64
            let later: Int64
            let never: Int64
            let lagEvents: Int64
            let lagMs: Int64
            /// From a callback's receipt to the sink; nil where nothing was taken.
            let medianUs: Int64?
            let p99Us: Int64?
        }
    }

    /// How a sink stands at the moment of a sample.
    struct Backlog: Sendable {
        let sink: String
        let lagEvents: Int64
        let oldest: Instant?
    }

    /// What a meter told last: what is plotted is the difference.
    private struct Reading {
        var counts: [Int64] = []
        var latency: Histogram.Reading?
    }

    private let metrics: Metrics
    private var samples: [Sample] = []
    private var lastNumber: Int64 = 0
    private var lastSources: [String: Reading] = [:]
    private var lastSinks: [String: Reading] = [:]

    init(_ metrics: Metrics) {
        self.metrics = metrics
        for meter in metrics.sources { lastSources[meter.source] = Self.reading(of: meter) }
        for (name, meter) in metrics.sinks { lastSinks[name] = Self.reading(of: meter) }
    }

    /// Takes a sample; the oldest goes where there are too many.
    func take(at now: Instant, backlogs: [Backlog], waitingRequests: Int64) {
        lastNumber += 1
        if samples.count == Self.samplesMax { samples.removeFirst() }
        samples.append(
            Sample(
                number: lastNumber, at: now, sources: metrics.sources.map { source($0) },
                sinks: backlogs.map { sink($0, metrics.sink($0.sink), at: now) }, waitingRequests: waitingRequests))
    }

    /// Samples behind that number, the oldest first.
    func samples(after number: Int64) -> [Sample] {
        Array(samples.drop { $0.number <= number })
    }

    private func source(_ meter: SourceMeter) -> Sample.Source {
        let reading = Self.reading(of: meter)
        let (counts, latency) = Self.difference(reading, lastSources[meter.source])
        lastSources[meter.source] = reading
        return Sample.Source(
            name: meter.source, accepted: counts[0], duplicate: counts[1], refused: counts[2], unavailable: counts[3],
            medianUs: latency?.quantile(0.5, boundsUs: Histogram.commitBoundsUs),
            p99Us: latency?.quantile(0.99, boundsUs: Histogram.commitBoundsUs))
    }

    private func sink(_ backlog: Backlog, _ meter: SinkMeter, at now: Instant) -> Sample.Sink {
        let reading = Self.reading(of: meter)
        let (counts, latency) = Self.difference(reading, lastSinks[backlog.sink])
        lastSinks[backlog.sink] = reading
        return Sample.Sink(
            name: backlog.sink, taken: counts[0], later: counts[1], never: counts[2], lagEvents: backlog.lagEvents,
            lagMs: backlog.oldest.map { max(0, now.milliseconds(since: $0)) } ?? 0,
            medianUs: latency?.quantile(0.5, boundsUs: Histogram.deliveryBoundsUs),
            p99Us: latency?.quantile(0.99, boundsUs: Histogram.deliveryBoundsUs))
    }

    private static func reading(of meter: SourceMeter) -> Reading {
        Reading(
            counts: [meter.accepted, meter.duplicate, meter.refused, meter.unavailable].map(\.value),
            latency: meter.committing.reading)
    }

    private static func reading(of meter: SinkMeter) -> Reading {
        Reading(counts: [meter.taken, meter.later, meter.never].map(\.value), latency: meter.endToEnd.reading)
    }

    /// What came since; everything, of a meter that was never read.
    private static func difference(_ now: Reading, _ last: Reading?) -> ([Int64], Histogram.Reading?) {
        guard let last else { return (now.counts, now.latency) }
        let latency = now.latency.map { latency in last.latency.map { latency.since($0) } ?? latency }
        return (zip(now.counts, last.counts).map { $0 - $1 }, latency)
    }
}
