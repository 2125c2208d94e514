public import Model

/// What became of an event since it was stored.
public struct EventHistory: Sendable, Equatable {
    /// The number of the transaction that it was stored in; nil where that is no longer known.
    public let commit: Int64?
    /// What it went through that was not simply taken, by time.
    public let attempts: [Attempt]
    public let sinks: [AtSink]

    /// How it stands with a sink, by the sink's name.
    public struct AtSink: Sendable, Equatable {
        public let sink: String
        public let state: State
    }

    public enum State: Sendable, Equatable {
        /// The sink has not come to it yet.
        case ahead
        case waiting(tries: Int, until: Instant, reason: String)
        case dead(at: Instant, reason: String)
        /// The sink has come past it by then: took it, unless its filter did not let it through.
        case passed(by: Instant?)
    }
}
