internal import Model

/// Whether a sink is worth trying at all: closed while it works, open while it does not, and then one try at a time.
///
/// A sink that is down is found out by a run of failures. From then on single batches are sent to see whether it is
/// back, at growing intervals; everything else waits in the journal, where waiting costs nothing.
struct Circuit: Sendable, Equatable {
    /// So many failures in a row, with no success between, and the sink counts as down.
    let failuresMax: Int
    private(set) var failures = 0
    /// No try before then; nil while the circuit is closed.
    private(set) var probeAt: Instant?
    private var isProbing = false

    init(failuresMax: Int) {
        self.failuresMax = failuresMax
    }

    var isOpen: Bool { probeAt != nil }

    func allowsTry(at now: Instant) -> Bool {
        guard let probeAt else { return true }
        return !isProbing && probeAt <= now
    }

    /// A batch is on its way.
    mutating func tried() {
        if isOpen { isProbing = true }
    }

    mutating func succeeded() {
        self = Circuit(failuresMax: failuresMax)
    }

    /// - Parameter waitMs: how long a next try should wait if this failure opens the circuit or keeps it open.
    mutating func failed(at now: Instant, waitMs: Int64) {
        isProbing = false
        failures += 1
        if failures >= failuresMax { probeAt = now.advanced(byMilliseconds: waitMs) }
    }
}
