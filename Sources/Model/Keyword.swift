/// What an end user asked for with a single word: to be left alone, to hear again, to be helped.
public struct Keyword: Sendable, Equatable {
    public var action: Action
    /// The vendor's word for the action, where it is not one of ours.
    public var rawAction: String?
    /// The word that was found.
    public var keyword: String?
    /// What the end user wrote, where the vendor tells it beside the keyword.
    public var text: String?
    /// ISO 3166-1 alpha-2.
    public var country: String?
    public var detectedBy: Detector
    public var match: Match

    public enum Action: String, Sendable, CaseIterable {
        case stop, start, help, generic, other
    }

    /// Whose verdict it is. The vendor's is trusted and never matched again.
    public enum Detector: String, Sendable, CaseIterable {
        case provider, gateway
    }

    /// How it was found: our own rule is the whole message and nothing less; the vendor's is the vendor's.
    public enum Match: String, Sendable, CaseIterable {
        case exact, provider
    }

    public init(
        action: Action, rawAction: String? = nil, keyword: String? = nil, text: String? = nil, country: String? = nil,
        detectedBy: Detector, match: Match
    ) {
        self.action = action
        self.rawAction = rawAction
        self.keyword = keyword
        self.text = text
        self.country = country
        self.detectedBy = detectedBy
        self.match = match
    }
}
