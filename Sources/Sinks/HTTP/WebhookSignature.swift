internal import Model
internal import Wire

/// Signs what is sent, as Standard Webhooks describes it (https://www.standardwebhooks.com), with one signature for each
/// key, so that keys can be changed without a gap.
struct WebhookSignature: Sendable {
    private let keys: [HMACSHA256]

    init(secrets: [Secret]) {
        keys = secrets.map { HMACSHA256(key: $0.key) }
    }

    /// The three fields; without the signature where there is no key.
    func headers(id: String, body: [UInt8], at now: Instant) -> [Transfer.Header] {
        let timestamp = String(now.microseconds / 1_000_000)
        var headers = [
            Transfer.Header(name: "webhook-id", value: id),
            Transfer.Header(name: "webhook-timestamp", value: timestamp),
        ]
        guard !keys.isEmpty else { return headers }
        var message = Array("\(id).\(timestamp).".utf8)
        message.append(contentsOf: body)
        let signatures = keys.map { "v1," + Base64.encode($0.code(for: message)) }
        headers.append(Transfer.Header(name: "webhook-signature", value: signatures.joined(separator: " ")))
        return headers
    }

    /// The bytes of a key in the form an operator has it in; nil where it cannot be one.
    ///
    /// `whsec_` is followed by Base64. Without it, Base64 of 24 bytes or more is read as such, as the libraries of
    /// Standard Webhooks do, and anything else is the key itself.
    static func key(_ configured: String) -> [UInt8]? {
        let prefix = "whsec_"
        if configured.hasPrefix(prefix) {
            guard let key = decoded(configured.dropFirst(prefix.count)), !key.isEmpty else { return nil }
            return key
        }
        if let key = decoded(configured[...]), key.count >= keyBytesMin { return key }
        return configured.isEmpty ? nil : Array(configured.utf8)
    }

    /// Of Base64, whose padding may be missing.
    private static func decoded(_ text: Substring) -> [UInt8]? {
        Base64.decode(text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
    }

    /// Standard Webhooks: "between 24 bytes (192 bits) and 64 bytes (512 bits)".
    private static let keyBytesMin = 24
}
