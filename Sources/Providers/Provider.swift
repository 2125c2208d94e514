public import Model

/// A vendor's way of speaking: pure questions about bytes, and nowhere to keep anything.
public protocol Provider: SendableMetatype {
    /// As the configuration and the events spell it.
    static var name: String { get }

    /// The decoder and its version, such as `telesign/1`: the version rises when the same bytes come out differently.
    static var decoder: String { get }

    /// The vendor's events that a source can be told to carry alone; none where the vendor knows no such thing.
    static var events: [String] { get }

    /// Whether a callback's proof names the customer's account, to which a source can be bound.
    static var hasAccounts: Bool { get }

    /// What the vendor must hear to believe that its callback arrived: exactly this, whatever became of the callback.
    static var success: Reply { get }

    /// What the vendor does where it does not hear that. By default nothing that it tells of.
    static var retryPolicy: RetryPolicy { get }

    /// The names of header fields that are kept with the raw request, so that a signature can be explained later.
    static var keptHeaders: [String] { get }

    /// The names of the header fields to keep of a request: ``keptHeaders``, unless the vendor has more to say about it.
    static func headerNames(toKeepOf request: Authentic) -> [String]

    /// The key to sign with, from a secret as the operator pasted it.
    static func signingKey(from secret: String) throws(KeyFault) -> [UInt8]

    /// The header fields that the vendor would put on a body: for `simulate` and for fixtures.
    static func sign(_ body: [UInt8], with secret: Secret, for source: Source) -> [Receipt.Header]

    /// Whether the vendor itself sent this, by its signature over the raw bytes. No JSON is looked at before.
    /// - Throws: ``Refusal`` where the proof is absent, not of its form, or none of the source's.
    static func verify(_ webhook: Webhook, for source: Source) throws(Refusal) -> Authentic

    /// What it says. An authentic request is never turned away: what is not understood is a fault, beside what is.
    static func decode(_ request: Authentic, for source: Source) -> Decoding
}

/// A secret that no key can be made of.
public struct KeyFault: Error, Sendable, Equatable {
    /// In words, without the secret.
    public let reason: String

    public init(reason: String) {
        self.reason = reason
    }
}

extension Provider {
    public static var events: [String] { [] }
    public static var hasAccounts: Bool { false }
    public static var retryPolicy: RetryPolicy { RetryPolicy() }

    public static func headerNames(toKeepOf request: Authentic) -> [String] { keptHeaders }

    /// Proves the sender in the way the source asks for.
    /// - Throws: ``Refusal`` where the proof is absent, not of its form, or none of the source's.
    public static func authenticate(_ webhook: Webhook, for source: Source) throws(Refusal) -> Authentic {
        guard let authenticity = try Credentials.authenticity(of: webhook, for: source) else {
            return try verify(webhook, for: source)
        }
        return Authentic(webhook, for: source, by: authenticity)
    }

    /// Refuses a request by its head alone where that is possible: where the proof is not one over the body.
    /// - Throws: ``Refusal``, as ``authenticate(_:for:)`` would.
    public static func checkHead(_ head: Webhook, for source: Source) throws(Refusal) {
        _ = try Credentials.authenticity(of: head, for: source)
    }
}
