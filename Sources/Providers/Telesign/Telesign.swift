public import Model
internal import Wire

/// Telesign: what end users send by SMS, MMS, RCS, Viber, WhatsApp and email, and what became of what was sent to them.
///
/// JSON; HMAC-SHA256 over the raw body, with the API key as base64 decodes it.
///
///     POST /in/telesign
///     Authorization: TSA FFFFFFFF-EEEE-DDDD-1234-AB1234567890:W9jyM6+7rks94mZ5y1A0tHjHcxu6JF0thhpRZ9VAfxQ=
///     X-TS-Authorization: W9jyM6+7rks94mZ5y1A0tHjHcxu6JF0thhpRZ9VAfxQ=
///
///     {"status":{"code":1500,"description":"Delivered to customer","updated_on":"2023-10-31T14:47:10.490130Z"},
///      "reference_id":"0123456789ABCDEF0123456789ABCDEF","user_response":{"sender_id":"4442","iso_country_code":"RS",
///      "action":"start","keyword":"start","phone_number":"11234567890","mo_message":"Start"},"sub_resource":"mo_sms",
///      "errors":[],"submit_timestamp":"2023-10-31T14:47:10.154000Z"}
///
/// (One line.) Several of the vendor's products may post to one URL, and two channels do not name themselves:
/// ``Callback`` tells them apart.
///
/// Vendor's pages: <https://developer.telesign.com/enterprise/openapi/engage-callbacks.json> for the bodies,
/// <https://developer.telesign.com/enterprise/docs/authenticate-callbacks> for the signature (read 2026-11-22).
public enum Telesign: Provider {
    public static let name = "telesign"
    public static let decoder = "telesign/1"
    public static let hasAccounts = true

    /// Documented: 200 is success, within five seconds, and the answer is JSON; what it says is not looked at.
    public static let success = Reply(status: 200, contentType: "application/json", body: Array("{}".utf8))

    /// Documented for SMS, and for the other channels nothing is.
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/docs/transaction-callback-service> (read 2026-11-24).
    public static let retryPolicy = RetryPolicy(answerSeconds: 5, waitsMs: [5_000, 10_000, 15_000])

    /// `Authorization` is kept too where it is a signature: see ``headerNames(toKeepOf:)``.
    public static let keptHeaders = [Signature.bareHeader]

    /// ``keptHeaders``, and `Authorization` where it is a signature.
    ///
    /// A URL that is registered with a name and a password brings those in `Authorization`, and they are nobody's to keep.
    public static func headerNames(toKeepOf request: Authentic) -> [String] {
        let isSignature = request.headers.value(of: Signature.accountHeader).map(Signature.isOfScheme) ?? false
        return isSignature ? signatureHeaders : keptHeaders
    }

    private static let signatureHeaders = [Signature.accountHeader, Signature.bareHeader]

    /// The API key: base64.
    ///
    /// Read strictly first. A key that is published with a test of the vendor's has dashes in it, which the vendor's own
    /// code passes over, and so does this: to read them as the URL-safe alphabet would give another key.
    public static func signingKey(from secret: String) throws(KeyFault) -> [UInt8] {
        guard !secret.isEmpty else { throw KeyFault(reason: "the API key is empty") }
        guard let key = Base64.decode(secret) ?? Base64.decodeLeniently(secret), !key.isEmpty else {
            throw KeyFault(reason: "the API key is not base64")
        }
        return key
    }

    /// Both headers, as documented; without a customer id there is only the one that needs none.
    public static func sign(_ body: [UInt8], with secret: Secret, for source: Source) -> [Receipt.Header] {
        let code = Base64.encode(HMACSHA256(key: secret.key).code(for: body))
        let bare = Receipt.Header(name: Signature.bareHeader, value: code)
        guard let customerID = source.customerID else { return [bare] }
        return [Receipt.Header(name: Signature.accountHeader, value: "TSA \(customerID):\(code)"), bare]
    }

    /// Either header is enough. Where both are there, both must be right, and so they must be the same.
    public static func verify(_ webhook: Webhook, for source: Source) throws(Refusal) -> Authentic {
        let signature = try Signature(of: webhook)
        if let customerID = source.customerID, !signature.names(account: customerID) { throw .forged(.wrongAccount) }
        guard let secret = source.secret(behind: signature.code, of: webhook.body) else { throw .forged(.mismatch) }
        return Authentic(webhook, for: source, by: Authenticity(method: "telesign-hmac-sha256", key: secret.name))
    }

    public static func decode(_ request: Authentic, for source: Source) -> Decoding {
        let reading = Reading(request, for: source, by: self)
        do throws(Fault) {
            let root = try reading.root()
            let callback = Callback(root, of: reading)
            let events =
                switch try callback.kind() {
                case .message(let channel, let reader): callback.events(saying: reader(callback), on: channel)
                case .email(let channel): Email.events(of: callback, on: channel)
                case .messagingStatus: MessagingStatus.events(of: callback)
                case .smsReport: SMSReport.events(of: callback)
                case .template: Notices.template(callback)
                case .verify: Notices.verify(callback)
                case .numberMasking: NumberMasking.events(of: callback)
                }
            return reading.finish(events, of: root)
        } catch {
            return Decoding(faults: [error], sightings: reading.findings.sightings)
        }
    }
}
