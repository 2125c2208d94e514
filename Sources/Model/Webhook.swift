/// A request as it came in: whole, within its bounds, and not yet believed.
///
/// A class, for it goes through many hands, and never changes.
public final class Webhook: Sendable {
    /// Such as `POST`, as it was sent.
    public let method: String
    /// The path as it was sent, percent signs and all, without the query.
    public let path: String
    /// What followed the first `?`, as it was sent; nil where there was none.
    public let query: String?
    public let headers: Headers
    public let body: [UInt8]
    /// Who connected: an address without a port. It is the proxy's where one stands in front.
    public let peer: String
    /// The certificate by which the sender proved itself when it connected; nil where it showed none.
    public let client: ClientCertificate?
    /// When its last bytes were taken in; at the gate, those that completed its head.
    public let receivedAt: Instant

    public init(
        method: String, path: String, query: String?, headers: Headers, body: [UInt8], peer: String,
        client: ClientCertificate? = nil, receivedAt: Instant
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.client = client
        self.receivedAt = receivedAt
    }
}
