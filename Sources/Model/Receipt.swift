/// One authentic request and all that it came to: what the journal puts on the disk in one piece.
public struct Receipt: Sendable {
    public let requestId: EventID
    public let receivedAt: Instant
    public let source: String
    public let provider: String
    /// The header fields that the provider asks to keep; never a credential.
    public let headers: [Header]
    /// The raw body.
    public let body: [UInt8]
    /// SHA-256 of the body: 32 bytes.
    public let bodyDigest: [UInt8]
    public let events: [FrozenEvent]
    public let faults: [Fault]

    public typealias Header = Reply.Header

    public init(
        requestId: EventID, receivedAt: Instant, source: String, provider: String, headers: [Header], body: [UInt8],
        bodyDigest: [UInt8], events: [FrozenEvent], faults: [Fault]
    ) {
        self.requestId = requestId
        self.receivedAt = receivedAt
        self.source = source
        self.provider = provider
        self.headers = headers
        self.body = body
        self.bodyDigest = bodyDigest
        self.events = events
        self.faults = faults
    }
}
