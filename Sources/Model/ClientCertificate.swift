/// The certificate that a sender showed when it connected, and that was signed by an authority of ours.
public struct ClientCertificate: Sendable, Equatable {
    /// SHA-256 of the certificate: 64 lower-case hexadecimal digits.
    public let fingerprint: String
    /// Such as `CN=relay,O=Example`, as RFC 2253 spells it.
    public let subject: String

    public init(fingerprint: String, subject: String) {
        self.fingerprint = fingerprint
        self.subject = subject
    }

    /// Which certificates are meant: the one of a fingerprint, or those of a subject.
    public enum Pattern: Sendable, Equatable {
        case fingerprint(String)
        case subject(String)

        /// From `sha256:` and a fingerprint, with or without colons, or from a subject such as `CN=relay,O=Example`.
        public init?(_ text: String) {
            let prefix = "sha256:"
            if text.lowercased().hasPrefix(prefix) {
                let digits = text.dropFirst(prefix.count).lowercased().filter { $0 != ":" }
                guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit), digits.utf8.allSatisfy({ $0 < 128 })
                else { return nil }
                self = .fingerprint(digits)
            } else {
                guard text.contains("=") else { return nil }
                self = .subject(text)
            }
        }

        public func matches(_ certificate: ClientCertificate) -> Bool {
            switch self {
            case .fingerprint(let fingerprint): certificate.fingerprint == fingerprint
            case .subject(let subject): certificate.subject == subject
            }
        }
    }
}
