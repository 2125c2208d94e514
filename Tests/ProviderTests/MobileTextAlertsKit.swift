import Model
import Providers

/// Callbacks of Mobile Text Alerts, made and read for a test.
enum MTA {
    /// The vendor's published example.
    static let secret = Secret(name: "secret-1", key: Array("abc123-abc2-cde1-1234-xyz123456".utf8))

    static func source(
        secrets: [Secret] = [secret], channel: Channel? = nil, event: String? = nil, address: String? = nil,
        defaultCallingCode: String? = "1", keywords: KeywordPack? = .standard
    ) -> Source {
        Source(
            name: "mta", provider: MobileTextAlerts.name, secrets: secrets, channel: channel, event: event,
            address: address, defaultCallingCode: defaultCallingCode, keywords: keywords)
    }

    static func webhook(_ body: String, signature: String...) -> Webhook {
        Webhook(
            method: "POST", path: "/in/mta", query: nil, headers: Headers(signature.map { ("X-Signature", $0) }),
            body: Array(body.utf8), peer: "127.0.0.1", receivedAt: Instant(microseconds: 1_793_534_400_000_000))
    }

    static func signature(of body: String, by secret: Secret = secret) -> String {
        MobileTextAlerts.sign(Array(body.utf8), with: secret, for: source()).map(\.value).joined()
    }

    /// What a body comes to that is signed as it should be.
    static func decode(_ body: String, for source: Source = source()) throws(Refusal) -> Decoding {
        let request = try MobileTextAlerts.verify(webhook(body, signature: signature(of: body)), for: source)
        return MobileTextAlerts.decode(request, for: source)
    }

    /// Why a request is refused; nil where it is not.
    static func refusal(of webhook: Webhook, for source: Source = source()) -> Refusal? {
        do throws(Refusal) {
            _ = try MobileTextAlerts.verify(webhook, for: source)
            return nil
        } catch {
            return error
        }
    }
}
