internal import Model
internal import Wire

/// Proofs that no vendor made up: they stand in a request's head, or came with the connection, and say nothing about the
/// body.
enum Credentials {
    /// How the sender is proved by what is known before the body.
    /// - Returns: nil where the source asks for a signature, which is over the body.
    static func authenticity(of head: Webhook, for source: Source) throws(Refusal) -> Authenticity? {
        switch source.authentication {
        case .signature: nil
        case .basic: Authenticity(method: .basic, key: try basic(head, source).name)
        case .pathToken: Authenticity(method: .pathToken, key: try pathToken(head, source).name)
        case .mutualTLS: Authenticity(method: .mutualTLS, key: try certificate(head, source))
        case .none: Authenticity(method: .none, key: nil)
        }
    }

    /// `Authorization: Basic` and a user name, a colon and a password in base64 (RFC 7617).
    private static func basic(_ head: Webhook, _ source: Source) throws(Refusal) -> Secret {
        let value = try head.headers.proof("Authorization")
        let scheme = value.prefix { $0 != " " }
        let code = value.dropFirst(scheme.count).drop { $0 == " " }
        guard scheme.lowercased() == "basic", let pair = Base64.decode(String(code)),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { throw .forged(.malformed) }
        let isUser = isSame(Array(pair[..<colon]), Array((source.access.username ?? "").utf8))
        let password = Array(pair[(colon + 1)...])
        let secret = source.secret { isSame(password, $0.key) }
        // Both are looked at in any case, so that the time taken does not tell which of them was wrong.
        guard let secret, isUser else { throw .forged(.mismatch) }
        return secret
    }

    /// The path's last part, byte for byte, where it has one behind `/in/` and the source's name.
    private static func pathToken(_ head: Webhook, _ source: Source) throws(Refusal) -> Secret {
        let parts = head.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let last = parts.last, !last.isEmpty, parts.count > 3 else { throw .forged(.missing) }
        let token = Array(last)
        guard let secret = source.secret(where: { isSame(token, $0.key) }) else { throw .forged(.mismatch) }
        return secret
    }

    /// The name of the first pattern that the certificate is of, by its place in the configuration.
    private static func certificate(_ head: Webhook, _ source: Source) throws(Refusal) -> String {
        guard let certificate = head.client else { throw .forged(.missing) }
        guard let index = source.access.clients.firstIndex(where: { $0.matches(certificate) }) else {
            throw .forged(.mismatch)
        }
        return "client-\(index + 1)"
    }

    /// By their digests, which are of one length: neither where they differ nor how long a secret is shows in the time.
    private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        Digest.matches(Digest.sha256(one), Digest.sha256(other))
    }
}
