internal import Model
internal import Sinks

extension Forwarder {
    /// How it stands, for metrics and health.
    struct State: Sendable {
        var isDown = false
        /// Whether it wanted nothing more, and waits for a person to say otherwise.
        var isHalted = false
        var retries = 0
        /// How many numbers of the journal it has not read yet.
        var lag: Int64
        /// When the oldest event came that it has read and that is not taken yet. Where it reads nothing, though there is
        /// something to read: since when that is so.
        var oldest: Instant?
    }
}

extension Delivered {
    /// What comes of entries whose sink was closed before they were on their way.
    static func notSent(_ entries: [Entry]) -> Delivered {
        Delivered(outcomes: entries.map { _ in .later(reason: "the sink was closed", waitMs: nil) })
    }

    /// Why the first entry that was not taken was not.
    var firstReason: String {
        for outcome in outcomes {
            switch outcome {
            case .taken: continue
            case .later(let reason, _), .never(let reason), .gone(let reason): return reason
            }
        }
        return ""
    }
}
