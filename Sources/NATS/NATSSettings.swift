public import Model

/// Which servers to talk to, and how to prove who we are.
public struct NATSSettings: Sendable, Equatable {
    /// Such as `nats://10.0.0.1:4222` or `tls://nats.internal:4222`, any of which will do: those of one cluster.
    public var servers: [String]
    public var login: Login
    /// Nil where nothing but the servers' addresses says whether TLS is spoken.
    public var tls: ClientTLS?
    /// What the servers call us in their lists of connections.
    public var name: String
    /// How long one attempt to connect may take.
    public var connectTimeoutMs: Int64

    public enum Login: Sendable, Equatable {
        case nobody
        case password(user: String, Secret)
        case token(Secret)
        /// A `.creds` file's text: a JWT, and the seed of the key that proves it.
        case credentials(Secret)
    }

    public init(
        servers: [String], login: Login = .nobody, tls: ClientTLS? = nil, name: String = "mogate",
        connectTimeoutMs: Int64 = 2_000
    ) {
        self.servers = servers
        self.login = login
        self.tls = tls
        self.name = name
        self.connectTimeoutMs = connectTimeoutMs
    }

    /// What is wrong with a server's address; nil where nothing is.
    public static func problem(withServer url: String) -> String? {
        let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "nats" || parts[0] == "tls" else {
            return "`\(url)` does not begin with nats:// or tls://"
        }
        // A password in an address would end up in logs.
        let isPlain = parts[1].utf8.allSatisfy { 0x21...0x7E ~= $0 } && !parts[1].contains(where: "@/?#,".contains)
        guard isPlain, !parts[1].isEmpty else {
            return "expected a host and a port alone, such as nats://10.0.0.1:4222"
        }
        return nil
    }
}
