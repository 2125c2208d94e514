/// One authentic request and all that it came to: what the journal puts on the disk in one piece.
///
/// It is handed on by reference, from hand to hand, and whole.
public final class Receipt: Sendable {
    public let requestId: EventID
    public let receivedAt: Instant
    public let source: String
    public let provider: String
    /// The header fields that are kept: those the provider names, and a few of every request; never a credential.
    public let headers: HeaderBlock
    /// The raw body.
    public let body: [UInt8]
    /// SHA-256 of the body: 32 bytes.
    public let bodyDigest: [UInt8]
    public let events: [FrozenEvent]
    public let faults: [Fault]
    /// How the sender was proved.
    public let authenticity: Authenticity
    /// What was new to the decoder.
    public let sightings: [Sighting]
    /// Whether the request was read a second time, by a decoder that was mended since: what it comes to now is added to
    /// the request that is stored, and what it no longer is at fault for leaves quarantine.
    public let isReplay: Bool

    public typealias Header = Reply.Header

    public init(
        requestId: EventID, receivedAt: Instant, source: String, provider: String, headers: HeaderBlock, body: [UInt8],
        bodyDigest: [UInt8], events: [FrozenEvent], faults: [Fault], authenticity: Authenticity,
        sightings: [Sighting] = [],
        isReplay: Bool = false
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
        self.authenticity = authenticity
        self.sightings = sightings
        self.isReplay = isReplay
    }
}
