public import Model
internal import Providers

/// A body under a signature made anew: what a vendor would post to a source.
public struct SignedRequest: Sendable {
    /// Such as `/in/mta`.
    public let path: String
    /// As in the case; nil where it has none.
    public let query: String?
    /// The content type of the case, and what the vendor signs with.
    public let headers: [Receipt.Header]
    public let body: [UInt8]

    public init(path: String, query: String?, headers: [Receipt.Header], body: [UInt8]) {
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The request as the gateway would see it.
    public func webhook(receivedAt: Instant = Case.receivedAt) -> Webhook {
        Webhook(
            method: "POST", path: path, query: query, headers: Headers(headers.map { ($0.name, $0.value) }),
            body: body, peer: Case.peer, receivedAt: receivedAt)
    }
}

extension Case {
    /// The case's body, or another one in its place, signed for the case's source or another one.
    ///
    /// It is signed with the source's first secret; a source without secrets gets no signature.
    public func signed(_ body: [UInt8]? = nil, for source: Source? = nil) -> SignedRequest {
        let body = body ?? webhook.body
        let source = source ?? self.source
        var headers = [Receipt.Header(name: "Content-Type", value: webhook.headers["Content-Type"] ?? Self.contentType)]
        if let provider = Providers.provider(named: provider), let secret = source.secrets.first {
            headers += provider.sign(body, with: secret, for: source)
        }
        return SignedRequest(path: "/in/" + source.name, query: webhook.query, headers: headers, body: body)
    }

    private static let contentType = "application/json"
}
