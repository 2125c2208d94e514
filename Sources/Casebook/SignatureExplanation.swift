public import Model
internal import Providers
internal import Wire

/// Why a request's signature is or is not believed, and what would have to be different for it to be.
///
/// It tells the names of secrets and never their content, and never the signature that would have been right: whoever
/// reads it must not be able to sign.
public struct SignatureExplanation: Sendable {
    public let bodyBytes: Int
    /// 64 lower-case hexadecimal digits.
    public let bodySHA256: String
    /// The header fields that the vendor signs with, as received; of one that is there more than once, the first.
    public let headers: [Receipt.Header]
    /// Header fields that carry credentials of another kind: their names only.
    public let withheld: [String]
    /// Each of the source's secrets.
    public let trials: [Trial]
    /// Nil where the request is believed.
    public let refusal: Refusal.Forgery?
    /// What would make it match, each on its own; the ones with the fewest steps, and none where it is believed.
    public let causes: [Cause]
    /// How many ways to read the request were tried, besides the one that counts.
    public let readingCount: Int

    /// What became of one secret.
    public struct Trial: Sendable, Equatable {
        /// The secret's name, never its content.
        public let secret: String
        /// Whether the code in the header is this secret's, whatever account the header names.
        public let matches: Bool
    }

    /// A way to read the request in which its signature is right.
    public struct Cause: Sendable, Equatable {
        /// What is read otherwise: one thing or two.
        public let steps: [String]
        /// The name of the secret that matches then.
        public let secret: String
    }

    /// - Parameters:
    ///   - source: where the request went to.
    ///   - others: sources of the same vendor, whose secrets may have been meant.
    public init(of webhook: Webhook, for source: Source, others: [Source] = []) throws(CasebookError) {
        guard let provider = Providers.provider(named: source.provider) else {
            throw CasebookError(path: source.provider, reason: "there is no provider of that name")
        }
        bodyBytes = webhook.body.count
        bodySHA256 = Hex.encode(Digest.sha256(webhook.body))
        headers = SignatureReading.headers(of: webhook, by: provider)
        withheld = SignatureReading.withheld(of: webhook, beside: headers)
        let asReceived = SignatureReading(webhook: webhook, source: source, by: provider)
        trials = source.secrets.map { secret in
            Trial(secret: secret.name, matches: asReceived.with(secrets: [secret], customerID: nil).key() != nil)
        }
        do throws(Refusal) {
            _ = try provider.verify(webhook, for: source)
            refusal = nil
            causes = []
            readingCount = 0
        } catch {
            guard case .forged(let why) = error else { preconditionFailure("a signature is refused for being forged") }
            refusal = why
            (causes, readingCount) = Self.causes(asReceived, others: others)
        }
    }

    /// One change at a time, and two at a time where one does not help. The plainest kind of change comes first, and where
    /// one of a kind helps, other kinds are not asked.
    private static func causes(_ asReceived: SignatureReading, others: [Source]) -> (causes: [Cause], tried: Int) {
        let axes = [
            asReceived.otherAccounts(), asReceived.otherBodies(), asReceived.otherSpellings(keepingPrefix: true),
            asReceived.otherHeaders(), asReceived.otherSpellings(keepingPrefix: false),
            asReceived.otherKeys(others: others),
        ]
        var tried = 0
        var found: [Cause] = []
        func test(_ changes: [SignatureReading.Change]) {
            tried += 1
            guard let key = changes.reduce(asReceived, { $1.apply($0) }).key() else { return }
            found.append(Cause(steps: changes.map(\.words), secret: key))
        }
        for axis in axes {
            for change in axis { test([change]) }
            guard found.isEmpty else { return (found, tried) }
        }
        for (index, axis) in axes.enumerated() {
            for other in axes[(index + 1)...] {
                for first in axis {
                    for second in other { test([first, second]) }
                }
                guard found.isEmpty else { return (found, tried) }
            }
        }
        return (found, tried)
    }
}
