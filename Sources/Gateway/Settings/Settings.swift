public import Front
public import Journal
public import Model
public import NATS
public import Sinks

/// What the operator asked for: the configuration, read, checked, and with every default filled in.
public struct Settings: Sendable {
    /// Where vendors post to.
    public var listen: [Listener]
    /// Where health, metrics and schemas are; nil where there is to be no such address.
    public var admin: ListenAddress?
    /// Names that the operator's page may be asked for by, besides addresses in numbers and `localhost`.
    public var adminHosts: Set<String>
    /// What lets the page and the admin address change something. Nil for one that each start makes, and leaves beside a
    /// journal that is a file; where it is a log, nothing is changed from there then.
    public var adminToken: Secret?
    public var proxies: Proxies
    public var journal: Journal
    public var sources: [Source]
    public var sinks: [Sink]
    public var limits: Limits
    /// Whether each request makes a line in the log.
    public var accessLog: Bool

    public struct Journal: Sendable, Equatable {
        /// Where the file is; empty where the journal is a log.
        public var path: String
        /// The log that the journal is; nil where it is a file.
        public var log: NATSJournal.Settings?
        /// Where the log's servers tell about themselves, such as `http://n1:8222`; none where that is not known.
        public var monitors: [String]
        /// Where requests go while the log is out of reach; nil where they are answered 503.
        public var spillPath: String?
        /// Below this much free space on the journal's disk nothing more is accepted.
        public var reserveBytes: Int64
        /// What is older and was delivered is deleted; nil for never.
        public var retainMs: Int64?
        /// Requests as they came in are deleted when they are older, delivered or not; nil for with their events.
        public var retainRawMs: Int64?
        /// Nothing more is accepted above so many bytes; nil for no bound. It is looked at once a minute, so that what comes
        /// in one may lie above it.
        public var bytesMax: Int64?
        public var whenFull: WhenFull

        public static let reserveBytesStandard: Int64 = 128 << 20

        /// What happens above the bound on bytes.
        public enum WhenFull: String, Sendable, CaseIterable {
            /// Nothing goes before its time.
            case refuse
            /// The oldest that was delivered is deleted, whatever its age; only where nothing is left of that, nothing
            /// more is accepted.
            case dropDelivered
        }

        public init(
            path: String, reserveBytes: Int64 = reserveBytesStandard, retainMs: Int64? = nil, retainRawMs: Int64? = nil,
            bytesMax: Int64? = nil, whenFull: WhenFull = .refuse, log: NATSJournal.Settings? = nil,
            spillPath: String? = nil, monitors: [String] = []
        ) {
            self.path = path
            self.log = log
            self.spillPath = spillPath
            self.monitors = monitors
            self.reserveBytes = reserveBytes
            self.retainMs = retainMs
            self.retainRawMs = retainRawMs
            self.bytesMax = bytesMax
            self.whenFull = whenFull
        }
    }

    /// Where vendors post to, and what is spoken there.
    public struct Listener: Sendable {
        public var address: ListenAddress
        /// Nil where it is plain HTTP.
        public var tls: TLSContext?
        /// Whether the proxies that are trusted begin each connection with a header of the PROXY protocol.
        public var hasProxyHeaders: Bool

        public init(address: ListenAddress, tls: TLSContext? = nil, hasProxyHeaders: Bool = false) {
            self.address = address
            self.tls = tls
            self.hasProxyHeaders = hasProxyHeaders
        }

        /// Whether the other one differs in no more than its certificates.
        func isSameDoor(as other: Listener) -> Bool {
            address == other.address && (tls == nil) == (other.tls == nil) && hasProxyHeaders == other.hasProxyHeaders
        }
    }

    /// What one sender and the process as a whole may take up. What happens at each bound is said in `Front.Limits`.
    public struct Limits: Sendable, Equatable {
        /// How many loops read requests; each has a thread of its own.
        public var loops: Int
        public var bodyBytes: Int
        public var connections: Int
        /// From one address or IPv6 /64; a quarter of all where nothing is said of it.
        public var connectionsPerPeer: Int
        public var requestsInFlight: Int
        /// What requests may take up in memory, all of them together.
        public var memoryBytes: Int
        /// How often one address may be refused before it is not listened to for a while; nil for as often as it likes.
        public var strangers: Rate?
        public var handshakeTimeoutMs: Int64
        public var headTimeoutMs: Int64
        public var requestTimeoutMs: Int64
        public var idleTimeoutMs: Int64
        public var writeTimeoutMs: Int64
        /// How long a stop waits for what is under way.
        public var drainMs: Int64

        public init(
            loops: Int = 1, bodyBytes: Int = 1 << 20, connections: Int = 4_096, connectionsPerPeer: Int? = nil,
            requestsInFlight: Int = 4_096, memoryBytes: Int = 64 << 20,
            strangers: Rate? = Rate(perSecond: 10, burst: 200), handshakeTimeoutMs: Int64 = 5_000,
            headTimeoutMs: Int64 = 10_000, requestTimeoutMs: Int64 = 30_000, idleTimeoutMs: Int64 = 60_000,
            writeTimeoutMs: Int64 = 10_000,
            drainMs: Int64 = 10_000
        ) {
            self.loops = loops
            self.bodyBytes = bodyBytes
            self.connections = connections
            self.connectionsPerPeer = connectionsPerPeer ?? Self.connectionsPerPeer(of: connections)
            self.requestsInFlight = requestsInFlight
            self.memoryBytes = memoryBytes
            self.strangers = strangers
            self.handshakeTimeoutMs = handshakeTimeoutMs
            self.headTimeoutMs = headTimeoutMs
            self.requestTimeoutMs = requestTimeoutMs
            self.idleTimeoutMs = idleTimeoutMs
            self.writeTimeoutMs = writeTimeoutMs
            self.drainMs = drainMs
        }

        /// How many of so many connections one address may have, unless it is told.
        static func connectionsPerPeer(of connections: Int) -> Int { max(1, connections / 4) }
    }

    /// One place that events go to.
    public struct Sink: Sendable, Equatable {
        public var name: String
        public var filter: EntryFilter
        public var kind: Kind

        public enum Kind: Sendable, Equatable {
            case file(FileSink.Settings)
            case http(HTTP)
            case nats(NATS)
        }

        /// The file that it writes to; nil for any other kind.
        var filePath: String? {
            if case .file(let file) = kind { file.path } else { nil }
        }

        public init(name: String, filter: EntryFilter, kind: Kind) {
            self.name = name
            self.filter = filter
            self.kind = kind
        }
    }

    public struct HTTP: Sendable, Equatable {
        public var url: String
        public var secrets: [Secret]
        /// Header fields that every request carries, such as `Authorization`: their names and values.
        public var headers: [Secret]
        public var format: Format
        public var order: Order
        public var concurrency: Int
        public var timeoutMs: Int64
        public var retry: Retry
        /// What may be reached although it is not public: loopback, private networks and the like.
        public var allowedNetworks: [IPNetwork]
        public var tls: ClientTLS?

        /// How CloudEvents are put into a request.
        public enum Format: String, Sendable, CaseIterable {
            case structured = "cloudevents-structured"
            case binary = "cloudevents-binary"
            case batched = "cloudevents-batched"
        }

        public enum Order: String, Sendable, CaseIterable {
            /// As fast as it goes.
            case none
            /// One after the other for each end user.
            case subject
        }

        public init(
            url: String, secrets: [Secret], headers: [Secret] = [], format: Format, order: Order, concurrency: Int,
            timeoutMs: Int64,
            retry: Retry, allowedNetworks: [IPNetwork], tls: ClientTLS? = nil
        ) {
            self.url = url
            self.secrets = secrets
            self.headers = headers
            self.format = format
            self.order = order
            self.concurrency = concurrency
            self.timeoutMs = timeoutMs
            self.retry = retry
            self.allowedNetworks = allowedNetworks
            self.tls = tls
        }
    }

    /// A stream of NATS JetStream.
    public struct NATS: Sendable, Equatable {
        public var servers: NATSSettings
        public var subject: SubjectTemplate
        public var order: HTTP.Order
        public var concurrency: Int
        public var timeoutMs: Int64
        public var retry: Retry

        public init(
            servers: NATSSettings, subject: SubjectTemplate, order: HTTP.Order, concurrency: Int, timeoutMs: Int64,
            retry: Retry
        ) {
            self.servers = servers
            self.subject = subject
            self.order = order
            self.concurrency = concurrency
            self.timeoutMs = timeoutMs
            self.retry = retry
        }
    }

    /// How long a sink is waited for.
    public struct Retry: Sendable, Equatable {
        /// The longest first wait; each further one may be twice as long.
        public var firstMs: Int64
        public var longestMs: Int64
        /// An event that could not be delivered for this long goes to the dead letters.
        public var patienceMs: Int64

        public init(firstMs: Int64 = 1_000, longestMs: Int64 = 300_000, patienceMs: Int64 = 72 * 3_600_000) {
            self.firstMs = firstMs
            self.longestMs = longestMs
            self.patienceMs = patienceMs
        }
    }

    public init(
        listen: [Listener], admin: ListenAddress?, adminHosts: Set<String> = [], adminToken: Secret? = nil,
        proxies: Proxies = Proxies(), journal: Journal, sources: [Source], sinks: [Sink], limits: Limits = Limits(),
        accessLog: Bool = false
    ) {
        self.listen = listen
        self.admin = admin
        self.adminHosts = adminHosts
        self.adminToken = adminToken
        self.proxies = proxies
        self.journal = journal
        self.sources = sources
        self.sinks = sinks
        self.limits = limits
        self.accessLog = accessLog
    }
}

/// Something in the configuration that is not as it must be.
public struct SettingsFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The line in the file, from 1; nil where it is about no line.
    public let line: Int?
    /// Such as `sources[0].secrets[1]`.
    public let key: String
    public let problem: String

    public init(line: Int?, key: String, problem: String) {
        self.line = line
        self.key = key
        self.problem = problem
    }

    public var description: String {
        let place = line.map { "line \($0): " } ?? ""
        return place + (key.isEmpty ? problem : "\(key): \(problem)")
    }
}

/// Everything that is wrong with a configuration, at once.
public struct SettingsFaults: Error, Sendable, CustomStringConvertible {
    public let faults: [SettingsFault]

    public init(_ faults: [SettingsFault]) {
        self.faults = faults
    }

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
