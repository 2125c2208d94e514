public import Model

/// How far a sink has come, and how it was left.
public struct Progress: Sendable, Equatable {
    /// Every entry up to here is taken, buried, or waits in the retries.
    public var cursor: Int64
    /// What the sink itself keeps, committed with the cursor; empty where it keeps nothing.
    public var position: [UInt8]
    /// Whether a process served it and did not say that it ended: what was on its way then is in doubt.
    public var isServed: Bool
    /// Entries that were tried with caution, and how often, of which nothing more is known: see ``Steps/tried``.
    public var trials: [Int64: Int]
    /// Why nothing is sent to the sink any more; nil where it is.
    public var halt: Halt?
    /// How the sink is probed; nil where it is not known to be down.
    public var outage: Outage?

    /// The sink failed so often that it is only probed.
    public struct Outage: Sendable, Equatable {
        /// No try before then.
        public let until: Instant
        public let probesFailed: Int

        public init(until: Instant, probesFailed: Int) {
            self.until = until
            self.probesFailed = probesFailed
        }
    }

    public struct Halt: Sendable, Equatable {
        public let reason: String
        public let at: Instant

        public init(reason: String, at: Instant) {
            self.reason = reason
            self.at = at
        }
    }

    public init(
        cursor: Int64 = 0, position: [UInt8] = [], isServed: Bool = false, trials: [Int64: Int] = [:],
        halt: Halt? = nil, outage: Outage? = nil
    ) {
        self.cursor = cursor
        self.position = position
        self.isServed = isServed
        self.trials = trials
        self.halt = halt
        self.outage = outage
    }
}
