/// A request as it came in: whole, within its bounds, and not yet believed.
public struct Webhook: Sendable {
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
    /// When the last byte of the request was read.
    public let receivedAt: Instant

    public init(
        method: String, path: String, query: String?, headers: Headers, body: [UInt8], peer: String,
        receivedAt: Instant
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.receivedAt = receivedAt
    }
}
