public import Model

/// What happened at a sink since it was last recorded.
public struct Steps: Sendable, Equatable {
    /// When; nil where nobody will ask.
    public var at: Instant?
    /// The new cursor; nil where it stays.
    public var cursor: Int64?
    /// The new position; nil where it stays.
    public var position: [UInt8]?
    /// Entries to be tried again: new ones and ones that failed again.
    public var postponed: [Postponed]
    /// Entries given up, which leave the retries for the dead letters.
    public var buried: [Buried]
    /// Entries that were waiting in the retries and are taken now.
    public var settled: [Settled]
    /// Entries that an operator wants sent again, whatever became of them: they go to the retries, due at once.
    public var replayed: [Int64]
    /// Entries that are about to be tried with caution. They are noted first, so that a crash can be traced to them; only an
    /// entry that is tried alone is counted.
    public var tried: [Int64]
    /// Entries that were tried with caution, and the process did not end of them.
    public var survived: [Int64]
    /// Whether a process serves the sink from now on, or does so no more; nil where that stays.
    public var isServed: Bool?
    /// Whether the sink is sent anything from now on; nil where that stays.
    public var turn: Turn?

    /// Whether the sink is down from now on, or is so no more; nil where that stays.
    public var health: Health?

    public enum Health: Sendable, Equatable {
        case down(Progress.Outage)
        case up
    }

    public enum Turn: Sendable, Equatable {
        case halted(Progress.Halt)
        case resumed
    }

    public struct Postponed: Sendable, Equatable {
        public let sequence: Int64
        public let attempts: Int
        public let firstTriedAt: Instant
        public let dueAt: Instant
        public let reason: String
        /// When the attempt failed; nil where it was not tried but has to wait for another.
        public let triedAt: Instant?

        public init(
            sequence: Int64, attempts: Int, firstTriedAt: Instant, dueAt: Instant, reason: String,
            triedAt: Instant? = nil
        ) {
            self.sequence = sequence
            self.attempts = attempts
            self.firstTriedAt = firstTriedAt
            self.dueAt = dueAt
            self.reason = reason
            self.triedAt = triedAt
        }
    }

    public struct Buried: Sendable, Equatable {
        public let sequence: Int64
        public let attempts: Int
        public let at: Instant
        public let reason: String

        public init(sequence: Int64, attempts: Int, at: Instant, reason: String) {
            self.sequence = sequence
            self.attempts = attempts
            self.at = at
            self.reason = reason
        }
    }

    public struct Settled: Sendable, Equatable {
        public let sequence: Int64
        public let attempts: Int
        public let at: Instant

        public init(sequence: Int64, attempts: Int, at: Instant) {
            self.sequence = sequence
            self.attempts = attempts
            self.at = at
        }
    }

    public init(
        at: Instant? = nil, cursor: Int64? = nil, position: [UInt8]? = nil, postponed: [Postponed] = [],
        buried: [Buried] = [], settled: [Settled] = [], replayed: [Int64] = [], tried: [Int64] = [],
        survived: [Int64] = [], isServed: Bool? = nil, turn: Turn? = nil, health: Health? = nil
    ) {
        self.at = at
        self.cursor = cursor
        self.position = position
        self.postponed = postponed
        self.buried = buried
        self.settled = settled
        self.replayed = replayed
        self.tried = tried
        self.survived = survived
        self.isServed = isServed
        self.turn = turn
        self.health = health
    }

    /// Whether nothing happened.
    public var isEmpty: Bool { self == Steps(at: at) }
}
