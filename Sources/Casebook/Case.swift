public import Model
internal import Providers

/// A recorded case: a request as a vendor sends it, the source it is sent to, and what it must come to.
///
/// It lies in a folder of its own, `<provider>/<case>/`: `request.http` and `case.json`, and of `events.json`,
/// `quarantine.json`, `sightings.json` and `refusal.json` those that say something. The provider's folder has a
/// `source.json`, the source that all its cases share.
public struct Case: Sendable {
    /// The provider's name in the catalog.
    public let provider: String
    /// The name of the case's folder.
    public let name: String
    /// Where the case lies.
    public let folder: String
    public let origin: Origin
    /// What the case is about, in a sentence.
    public let about: String
    /// Which of the vendor's callbacks it covers and in which version or shape, such as `message-reply, V3`.
    public let covers: String?
    public let source: Source
    /// The source that all cases of the provider share, which this one's may differ from.
    public let commonSource: Source
    /// Whether this case's source is not quite the common one.
    public let hasOwnSource: Bool
    public let webhook: Webhook
    /// What was recorded; nothing at all where the case is new.
    public let expected: Expectation

    /// Where the request's body comes from.
    public enum Origin: String, Sendable, CaseIterable {
        /// The vendor's own page shows it.
        case documented
        /// It is made after the tables on the vendor's page.
        case inferred
        /// No vendor sent it: it is made to see what comes of it.
        case made
    }

    /// Every case is received at this moment, so that what it comes to never changes.
    public static let receivedAt = Instant(microseconds: 1_793_534_400_000_000)

    /// Every case comes from this address.
    public static let peer = "127.0.0.1"

    /// What the request comes to now.
    public func outcome() -> Outcome {
        outcome(of: webhook)
    }

    /// What another request to the same source comes to.
    public func outcome(of webhook: Webhook) -> Outcome {
        guard let provider = Providers.provider(named: provider) else {
            preconditionFailure("a case of a provider that is not in the catalog was read")
        }
        return Outcome(of: webhook, at: source, by: provider)
    }
}

extension Case: CustomStringConvertible {
    public var description: String { "\(provider)/\(name)" }
}
