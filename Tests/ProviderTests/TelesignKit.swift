import Model
import Providers

/// Callbacks of Telesign, made and read for a test.
enum TS {
    /// The vendor's published examples.
    static let apiKey = "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=="
    static let customerID = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"

    static func secret(_ text: String = apiKey, name: String = "secret-1") throws -> Secret {
        Secret(name: name, key: try Telesign.signingKey(from: text))
    }

    static func source(
        secrets: [Secret]? = nil, customerID: String? = customerID, channel: Channel? = nil, address: String? = nil,
        keywords: KeywordPack? = .standard
    ) throws -> Source {
        Source(
            name: "telesign", provider: Telesign.name, secrets: try secrets ?? [secret()], channel: channel,
            customerID: customerID, address: address, keywords: keywords)
    }

    static func webhook(_ body: String, headers: [(String, String)]) -> Webhook {
        Webhook(
            method: "POST", path: "/in/telesign", query: nil, headers: Headers(headers), body: Array(body.utf8),
            peer: "127.0.0.1", receivedAt: Instant(microseconds: 1_793_534_400_000_000))
    }

    /// A request with the headers that the vendor would sign it with.
    static func signed(_ body: String, for source: Source) -> Webhook {
        let headers = source.secrets.first.map { Telesign.sign(Array(body.utf8), with: $0, for: source) } ?? []
        return webhook(body, headers: headers.map { ($0.name, $0.value) })
    }

    /// What a body comes to that is signed as it should be.
    static func decode(_ body: String, for source: Source? = nil) throws -> Decoding {
        let source = try source ?? self.source()
        return Telesign.decode(try Telesign.verify(signed(body, for: source), for: source), for: source)
    }

    /// Why a request is refused; nil where it is not.
    static func refusal(of webhook: Webhook, for source: Source) -> Refusal? {
        do throws(Refusal) {
            _ = try Telesign.verify(webhook, for: source)
            return nil
        } catch {
            return error
        }
    }
}

extension StandIns {
    static let telesign: [Rule] = [
        // The name of a channel is the channel.
        { leaf, texts in
            leaf.path == "$.sub_resource" && leaf.text.hasPrefix("mo_")
                && texts.contains(String(leaf.text.dropFirst(3)))
        },
        // An audio that was recorded on the spot is a voice.
        { leaf, texts in
            (leaf.path == "$.content.content.voice" || leaf.path == "$.content.type" && leaf.text == "audio")
                && texts.contains(leaf.text == "false" ? "audio" : "voice")
        },
        // Degrees are written with their fraction, be it zero.
        { leaf, texts in
            leaf.path.hasSuffix("itude") && Double(leaf.text).map { texts.contains(String(describing: $0)) } ?? false
        },
        // A digest in base64 is one in hexadecimal.
        { leaf, texts in
            leaf.path.hasSuffix(".sha256") && leaf.text == "4+xruQdYHSw9CeCZeOUb/ZH4DUslQPaJjQSlhbGBWKU="
                && texts.contains("e3ec6bb907581d2c3d09e09978e51bfd91f80d4b2540f6898d04a585b18158a5")
        },
    ]
}
