/// Who sent or received: an end user, or the company's own number, agent or name.
public struct Address: Sendable, Equatable {
    public let kind: Kind
    /// Normalised: a phone in E.164 where that is certain, an email with its domain in lower case, else as received.
    public let value: String
    /// Exactly as received.
    public let raw: String
    /// ISO 3166-1 alpha-2, where the vendor gave it.
    public let country: String?

    public enum Kind: String, Sendable, CaseIterable {
        case phone, shortCode, alphanumeric, email, rcsAgent, senderIdentity, unknown
    }

    public init(kind: Kind, value: String, raw: String, country: String? = nil) {
        self.kind = kind
        self.value = value
        self.raw = raw
        self.country = country
    }
}
