public import Model

extension HTTPSink {
    /// Where to send events, in what form, and how long to wait.
    public struct Settings: Sendable {
        public var url: String
        /// Keys as ``HTTPSink/signingKey(_:)`` gives them. Each signs everything; with none, nothing is signed.
        public var secrets: [Secret]
        /// Fields that every request carries beside its own.
        public var headers: [(name: String, value: String)]
        public var format: Format
        /// How many requests are under way at once.
        public var concurrency: Int
        /// How many events share a request, in the batched format.
        public var batchMax: Int
        /// For a request as a whole, from looking up the name to the end of the answer.
        public var timeoutMs: Int64
        public var connectTimeoutMs: Int64
        /// What may be reached although it is not public, such as loopback and private networks.
        public var allowedNetworks: [IPNetwork]
        /// For an `https` address; nil where those whom the system trusts are believed, and nothing proves us.
        public var tls: ClientTLS?

        /// How events are put into a request (CloudEvents 1.0, HTTP protocol binding).
        public enum Format: Sendable {
            /// One event a request, whole, in the body.
            case structured
            /// One event a request: its attributes in the header, its data in the body.
            case binary
            /// Several events a request, as one array in the body.
            case batched
        }

        /// A body of several events is no longer than this.
        static let bodyBytesMax = 1 << 20

        public init(
            url: String, secrets: [Secret] = [], headers: [(name: String, value: String)] = [],
            format: Format = .structured, concurrency: Int = 16, batchMax: Int = 100, timeoutMs: Int64 = 10_000,
            connectTimeoutMs: Int64 = 3_000, allowedNetworks: [IPNetwork] = [], tls: ClientTLS? = nil
        ) {
            self.url = url
            self.secrets = secrets
            self.headers = headers
            self.format = format
            self.concurrency = concurrency
            self.batchMax = batchMax
            self.timeoutMs = timeoutMs
            self.connectTimeoutMs = connectTimeoutMs
            self.allowedNetworks = allowedNetworks
            self.tls = tls
        }
    }
}

extension HTTPSink.Settings {
    /// A setting that no request can be made of is told at once, and not with the first event.
    func check() throws(SinkError) {
        _ = try HTTPAddress(url)
        for header in headers { try Self.check(header: header.name, header.value) }
        guard concurrency > 0, batchMax > 0, timeoutMs > 0, connectTimeoutMs > 0 else {
            throw .badSetting("numbers of requests, of events and of milliseconds must be more than 0")
        }
        if let problem = allowedNetworks.lazy.compactMap({ EgressGuard.problem(with: $0) }).first {
            throw .badSetting(problem)
        }
        guard secrets.allSatisfy({ !$0.key.isEmpty }) else { throw .badSetting("a signing key is empty") }
    }

    static func check(header name: String, _ value: String) throws(SinkError) {
        guard Transfer.Header(name: name, value: value).isSendable else {
            throw .badSetting("the header `\(name.filter(\.isASCII).prefix(64))` cannot be sent")
        }
        let lowercased = name.lowercased()
        guard !ownHeaders.contains(lowercased), !lowercased.hasPrefix("webhook-"), !lowercased.hasPrefix("ce-") else {
            throw .badSetting("the header `\(lowercased)` is not for the configuration to set")
        }
    }

    private static let ownHeaders: Set<String> = [
        "connection", "content-length", "content-type", "expect", "transfer-encoding", "upgrade",
    ]
}
