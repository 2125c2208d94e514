internal import Model
internal import Providers
internal import Wire

/// One way to read a request whose signature is asked about: as it was received, or with something changed.
struct SignatureReading {
    let webhook: Webhook
    let source: Source
    let provider: any Provider.Type

    init(webhook: Webhook, source: Source, by provider: any Provider.Type) {
        self.webhook = webhook
        self.source = source
        self.provider = provider
    }

    /// Something that is read otherwise, in words.
    struct Change {
        let words: String
        let apply: (SignatureReading) -> SignatureReading
    }

    /// The name of the secret that matches; nil where none does.
    func key() -> String? {
        (try? provider.verify(webhook, for: source))?.authenticity.key
    }

    func with(body: [UInt8]) -> SignatureReading {
        with(
            Webhook(
                method: webhook.method, path: webhook.path, query: webhook.query, headers: webhook.headers, body: body,
                peer: webhook.peer, receivedAt: webhook.receivedAt))
    }

    func with(headers: [(name: String, value: String)]) -> SignatureReading {
        with(
            Webhook(
                method: webhook.method, path: webhook.path, query: webhook.query, headers: Headers(headers),
                body: webhook.body, peer: webhook.peer, receivedAt: webhook.receivedAt))
    }

    func with(secrets: [Secret], customerID: String?) -> SignatureReading {
        SignatureReading(
            webhook: webhook,
            source: Source(
                name: source.name, provider: source.provider, authentication: source.authentication, secrets: secrets,
                channel: source.channel, event: source.event, customerID: customerID, address: source.address,
                defaultCallingCode: source.defaultCallingCode, keywords: source.keywords),
            by: provider)
    }

    private func with(_ webhook: Webhook) -> SignatureReading {
        SignatureReading(webhook: webhook, source: source, by: provider)
    }

    /// The header fields that the vendor signs with. What is in them proves who sent the request, and opens nothing.
    static func headers(of webhook: Webhook, by provider: any Provider.Type) -> [Receipt.Header] {
        let open = Source(name: "", provider: provider.name, authentication: .none)
        guard let request = try? provider.authenticate(webhook, for: open) else {
            preconditionFailure("a source that asks for no proof refused a request")
        }
        return request.headers.block(of: provider.headerNames(toKeepOf: request)).fields
    }

    /// Fields that may hold a password: their names only.
    static func withheld(of webhook: Webhook, beside headers: [Receipt.Header]) -> [String] {
        let shown = Set(headers.map { $0.name.lowercased() })
        let names = webhook.headers.pairs.map(\.name).filter {
            ["authorization", "proxy-authorization", "cookie"].contains($0.lowercased())
        }
        return names.filter { !shown.contains($0.lowercased()) }
    }
}

// MARK: - The account and the key

extension SignatureReading {
    /// The vendor's account that the header names, where it is another than the configured one.
    func otherAccounts() -> [Change] {
        guard source.customerID != nil else { return [] }
        return [
            Change(words: "the account in the header is not the customer id of the source") {
                $0.with(secrets: $0.source.secrets, customerID: nil)
            }
        ]
    }

    /// The secrets of other sources, and those of this one made into a key in another way.
    func otherKeys(others: [Source]) -> [Change] {
        let foreign = others.filter { $0.name != source.name && $0.provider == source.provider }.map { other in
            Change(words: "the secret is that of the source `\(other.name)`") {
                $0.with(secrets: other.secrets, customerID: $0.source.customerID)
            }
        }
        let otherwise = KeyReading.allCases.map { reading in
            Change(words: reading.rawValue) { request in
                let secrets = request.source.secrets.compactMap { secret in
                    reading.keys(from: secret.key).map { Secret(name: secret.name, key: $0) }
                }
                return request.with(secrets: secrets.flatMap { $0 }, customerID: request.source.customerID)
            }
        }
        return foreign + otherwise
    }

    /// Ways to make a key of a secret. The secret as it was pasted is not known any more, so it is made of the key.
    private enum KeyReading: String, CaseIterable {
        case text = "the key is the secret as text, and not decoded"
        case hexadecimal = "the key is the secret read as hexadecimal"
        case base64 = "the key is the secret read as Base64"
        case urlSafe = "the key is the secret read as Base64 in the URL-safe alphabet"
        case hexadecimalText = "the key is the secret in hexadecimal digits, as text"
        case digest = "the key is the SHA-256 of the secret"
        case newline = "the key has a line end behind it"
        case quoted = "the key has quotation marks around it"

        func keys(from key: [UInt8]) -> [[UInt8]] {
            let pasted = String(validating: key, as: UTF8.self)
            let encoded = Base64.encode(key)
            switch self {
            case .text: return [Array(encoded.utf8), Array(encoded.utf8.prefix { $0 != UInt8(ascii: "=") })]
            case .hexadecimal: return [pasted, encoded].compactMap { $0 }.compactMap(Self.digits)
            case .base64:
                return [pasted].compactMap { $0 }.compactMap { Base64.decode($0) ?? Base64.decodeLeniently($0) }
            case .urlSafe:
                guard let pasted, pasted.contains(where: "-_".contains) else { return [] }
                return [Base64.decodeLeniently(pasted.standardAlphabet)].compactMap { $0 }
            case .hexadecimalText: return [Array(Hex.encode(key).utf8), Array(Hex.encode(key).uppercased().utf8)]
            case .digest: return [Digest.sha256(key), Array(Hex.encode(Digest.sha256(key)).utf8)]
            case .newline: return [key + [0x0A], key + [0x0D, 0x0A], Array("\(encoded)\n".utf8)]
            case .quoted: return [[0x22] + key + [0x22], [0x27] + key + [0x27]]
            }
        }

        /// Hyphens, as in a UUID, do not count.
        private static func digits(_ text: String) -> [UInt8]? {
            Hex.decode(text.replacing("-", with: ""))
        }
    }
}

extension String {
    /// URL-safe Base64 in the standard alphabet.
    var standardAlphabet: String {
        replacing("-", with: "+").replacing("_", with: "/")
    }
}
