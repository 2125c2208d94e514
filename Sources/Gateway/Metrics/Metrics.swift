internal import Journal
internal import Threads

/// What is counted while the process runs.
///
/// Labels are bounded: the names of configured sources and sinks, and words of our own. Meters are looked up once, and
/// not by name for each request; a count that nothing was added to yet is told as zero, so that its first rise is seen.
public final class Metrics: Sendable {
    private struct State {
        var sources: [String: SourceMeter] = [:]
        var sinks: [String: SinkMeter] = [:]
    }

    /// What was answered to requests that no source took, by status.
    let misdirected: [(status: Int, counter: Counter)] = [404, 405, 415, 429].map { ($0, Counter()) }
    let prunedForAge = Counter()
    /// Events that were deleted before their time, to make room.
    let prunedForRoom = Counter()
    private let state = Lock(State())

    public init() {}

    /// The meter of a source: the same one as long as it keeps its provider, so that a reload loses no count.
    func source(_ name: String, of provider: String) -> SourceMeter {
        state.withLock { state in
            if let known = state.sources[name], known.provider == provider { return known }
            let meter = SourceMeter(source: name, provider: provider)
            state.sources[name] = meter
            return meter
        }
    }

    func sink(_ name: String) -> SinkMeter {
        state.withLock { state in
            if let known = state.sinks[name] { return known }
            let meter = SinkMeter()
            state.sinks[name] = meter
            return meter
        }
    }

    /// By name.
    var sources: [SourceMeter] {
        state.withLock { state in state.sources.values.sorted { $0.source < $1.source } }
    }

    /// By name.
    var sinks: [(name: String, meter: SinkMeter)] {
        state.withLock { state in state.sinks.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    func note(_ pruned: Pruned) {
        prunedForAge.add(pruned.events - pruned.eventsForRoom)
        prunedForRoom.add(pruned.eventsForRoom)
    }

    func countMisdirected(_ status: Int) {
        misdirected.first { $0.status == status }?.counter.add()
    }
}
