public import Model
internal import Wire

/// Mobile Text Alerts (MTA): replies, opt-ins, and what became of messages sent, over SMS, MMS, RCS and iMessage.
///
/// JSON; HMAC-SHA256 over the raw body.
///
///     POST /in/mta
///     X-Signature: d0b9f779800dcf8d04ddcf62bb939389b498388a783de08ba0e4d4d88fe39df1
///
///     {"fromNumber":"+15555550123","toNumber":"+15555550999","replyId":"987654321",
///      "externalId":"RequestId-4e0242e2-d101","message":"STOP","messageId":987654321,
///      "timestamp":"2026-02-10T03:37:28.425Z","tags":{"ABCompanyId":"4e0242e2-d101"}}
///
/// (One line; the vendor sends no line's end.) A callback is one of four events in one of three versions, and says
/// neither for certain: ``Payload`` tells them apart.
///
/// Vendor's pages: <https://developers.mobile-text-alerts.com/tutorials/webhooks> for the bodies,
/// <https://developers.mobile-text-alerts.com/tutorials/webhooks/webhook-signature-verification> for the signature
/// (read 2026-11-22).
public enum MobileTextAlerts: Provider {
    public static let name = "mobile-text-alerts"
    public static let decoder = "mobile-text-alerts/1"

    /// Documented: exactly 200 is success, and the body is not looked at.
    public static let success = Reply(status: 200)

    public static let keptHeaders = [signatureHeader]

    /// Documented: up to two retries, with exponential backoff, where the registration has `retryOnError`. How long it waits
    /// is not told: these times are ours.
    ///
    /// Vendor's page: <https://developers.mobile-text-alerts.com/api-reference/webhooks.md> (read 2026-11-24).
    public static let retryPolicy = RetryPolicy(waitsMs: [1_000, 2_000])

    public static var events: [String] { Callback.allCases.map(\.rawValue) }

    /// The secret as it was given at registration, as text. It looks like hexadecimal, but is not decoded: the vendor's
    /// own example has other letters in it.
    public static func signingKey(from secret: String) throws(KeyFault) -> [UInt8] {
        guard !secret.isEmpty else { throw KeyFault(reason: "the secret is empty") }
        return Array(secret.utf8)
    }

    public static func sign(_ body: [UInt8], with secret: Secret, for source: Source) -> [Receipt.Header] {
        let code = HMACSHA256(key: secret.key).code(for: body)
        return [Receipt.Header(name: signatureHeader, value: Hex.encode(code))]
    }

    /// The vendor sends lower-case digits; upper-case ones are taken too, for it is the bytes that are compared.
    public static func verify(_ webhook: Webhook, for source: Source) throws(Refusal) -> Authentic {
        let signature = try webhook.headers.proof(signatureHeader)
        guard let code = Hex.decode(signature), code.count == 32 else { throw .forged(.malformed) }
        guard let secret = source.secret(behind: code, of: webhook.body) else { throw .forged(.mismatch) }
        return Authentic(webhook, for: source, by: Authenticity(method: "mta-hmac-sha256", key: secret.name))
    }

    public static func decode(_ request: Authentic, for source: Source) -> Decoding {
        let reading = Reading(request, for: source, by: self)
        do throws(Fault) {
            let root = try reading.root()
            let payload = try Payload(root, of: reading)
            let events =
                switch payload.callback {
                case .messageReply: MessageReply.events(of: payload)
                case .deliveryStatus: DeliveryStatus.events(of: payload)
                case .messageSend: MessageSend.events(of: payload)
                case .numberOptIn: NumberOptIn.events(of: payload)
                }
            return reading.finish(events, of: root)
        } catch {
            return Decoding(faults: [error], sightings: reading.findings.sightings)
        }
    }

    /// Documented.
    private static let signatureHeader = "X-Signature"

    /// The four events.
    enum Callback: String, CaseIterable {
        case messageReply = "message-reply"
        case deliveryStatus = "delivery-status"
        case messageSend = "message-send"
        case numberOptIn = "number-opt-in"

        /// From a word for it. These are the names at registration; that bodies spell them so is inferred, for the
        /// vendor shows only the names of its constants, such as `MESSAGE_REPLY`. So case and dashes do not count.
        init?(word: String?) {
            guard let word else { return nil }
            if let callback = Callback(rawValue: word) {
                self = callback
            } else {
                self.init(rawValue: String(word.lowercased().map { $0 == "_" ? "-" : $0 }))
            }
        }
    }
}
