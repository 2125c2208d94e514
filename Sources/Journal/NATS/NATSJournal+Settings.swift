public import NATS

extension NATSJournal {
    /// Where the log is, and what is asked of it.
    public struct Settings: Sendable, Equatable {
        public var servers: NATSSettings
        /// What the stream is called, and its subjects begin with.
        public var stream: String
        /// On how many servers each message is to be before it counts as stored.
        public var replicas: Int
        /// What is older is deleted, delivered or not; nil for never.
        public var retainMs: Int64?
        /// Nothing more is accepted above so many bytes; nil for no bound.
        public var bytesMax: Int64?
        /// How long a request waits for the log: within it a new leader is found, and the vendor is answered.
        public var appendWithinMs: Int64
        /// How long the turn at a sink lasts after a sign of life: a node that gives none for so long has lost it.
        public var turnMs: Int64
        /// How often the log is asked whether there is anything new.
        public var pollMs: Int64

        /// One try within ``appendWithinMs``.
        var tryMs: Int64 { max(200, appendWithinMs / 2) }
        /// For everything but requests.
        static let questionMs: Int64 = 5_000

        public init(
            servers: NATSSettings, stream: String = "mogate", replicas: Int = 3, retainMs: Int64? = nil,
            bytesMax: Int64? = nil, appendWithinMs: Int64 = 4_000, turnMs: Int64 = 10_000, pollMs: Int64 = 100
        ) {
            self.servers = servers
            self.stream = stream
            self.replicas = replicas
            self.retainMs = retainMs
            self.bytesMax = bytesMax
            self.appendWithinMs = appendWithinMs
            self.turnMs = turnMs
            self.pollMs = pollMs
        }
    }
}
