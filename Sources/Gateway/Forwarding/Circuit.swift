internal import Journal
internal import Model

/// Whether a sink is worth trying at all: closed while it works, open while it does not, and then one try at a time.
///
/// A sink that is down is found out by a run of failures. From then on single batches are sent to see whether it is
/// back, at growing intervals; everything else waits in the journal, where waiting costs nothing.
struct Circuit: Sendable, Equatable {
    /// So many failures in a row, with no success between, and the sink counts as down.
    let failuresMax: Int
    private var failures = 0
    /// How many probes failed since it opened.
    private(set) var probesFailed = 0
    private var state = State.closed

    private enum State: Equatable {
        case closed
        /// No try before then.
        case open(until: Instant)
        /// One batch is on its way, and decides.
        case probing
    }

    init(failuresMax: Int, outage: Progress.Outage? = nil) {
        self.failuresMax = failuresMax
        guard let outage else { return }
        probesFailed = outage.probesFailed
        state = .open(until: outage.until)
    }

    /// What is to be known of it after a restart; nil where it is closed.
    var outage: Progress.Outage? {
        switch state {
        case .closed: nil
        case .open(let until): Progress.Outage(until: until, probesFailed: probesFailed)
        case .probing: Progress.Outage(until: Instant(microseconds: 0), probesFailed: probesFailed)
        }
    }

    var isOpen: Bool { state != .closed }

    func allowsTry(at now: Instant) -> Bool {
        switch state {
        case .closed: true
        case .open(let until): until <= now
        case .probing: false
        }
    }

    /// When a try will be allowed that is not allowed now; nil where only the end of the one that is on its way decides.
    var triesAgainAt: Instant? {
        if case .open(let until) = state { until } else { nil }
    }

    /// The clock was set by so much: a wait lasts as long as it was to.
    mutating func clockMoved(byMs milliseconds: Int64) {
        if case .open(let until) = state { state = .open(until: until.advanced(byMilliseconds: milliseconds)) }
    }

    /// A batch is on its way.
    mutating func tried() {
        if isOpen { state = .probing }
    }

    mutating func succeeded() {
        self = Circuit(failuresMax: failuresMax)
    }

    /// - Parameters:
    ///   - isProbe: whether it was the batch that decides. Others were on their way when the circuit opened: their
    ///     failures are no news.
    ///   - wait: how long to wait in milliseconds, given how many tries have failed since the sink was found to be down.
    mutating func failed(isProbe: Bool, at now: Instant, wait: (_ failures: Int) -> Int64) {
        switch state {
        case .closed:
            failures += 1
            if failures >= failuresMax { state = .open(until: now.advanced(byMilliseconds: wait(1))) }
        case .open, .probing:
            guard isProbe else { return }
            probesFailed += 1
            state = .open(until: now.advanced(byMilliseconds: wait(1 + probesFailed)))
        }
    }
}
