public import Model
internal import Wire

/// A webhook whose sender was proved, which is what `decode` asks for.
///
/// A class, for whatever is read of it holds on to it.
public final class Authentic: Sendable {
    private let webhook: Webhook
    /// How the sender was proved.
    public let authenticity: Authenticity
    /// SHA-256 of the body: 32 bytes.
    public let bodyDigest: [UInt8]
    /// The same in hexadecimal, as events name it.
    let bodySha256: String
    /// Names the request: made of when it came and what it is, so that it sorts by time and nothing is drawn.
    public let requestId: EventID

    /// Internal, so that only a provider's `verify` can vouch.
    init(_ webhook: Webhook, for source: Source, by authenticity: Authenticity) {
        self.webhook = webhook
        self.authenticity = authenticity
        bodyDigest = Digest.sha256(webhook.body)
        bodySha256 = Hex.encode(bodyDigest)
        requestId = EventID(requestAt: webhook.receivedAt, of: source.name, bodyDigest: bodyDigest)
    }

    public var body: [UInt8] { webhook.body }

    public var receivedAt: Instant { webhook.receivedAt }

    /// All header fields as they came, credentials among them.
    public var headers: Headers { webhook.headers }

    /// W3C trace context, version 00; nil where the request brought none or something else.
    var traceparent: String? {
        guard let text = webhook.headers["traceparent"] else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [2, 32, 16, 2], parts[0] == "00" else { return nil }
        let digits = parts.joined().utf8
        let isLowerHex = digits.allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
        }
        return isLowerHex ? text : nil
    }
}

extension Authentic {
    /// A request that was proved when it came in, and was stored with how: it is read again, and not proved again, since
    /// keys change and what was true then stays so.
    public convenience init(again webhook: Webhook, for source: Source, provedBy authenticity: Authenticity) {
        self.init(webhook, for: source, by: authenticity)
    }
}
