public import Model

/// What a look at one thing came to.
public struct Finding: Sendable, Equatable {
    /// Such as `disk` or `sink crm`.
    public let subject: String
    public let verdict: Verdict
    /// What was seen, and what to do about it.
    public let words: String

    public enum Verdict: String, Sendable, CaseIterable {
        case ok
        /// It works, and may not be what was meant.
        case warn
        /// It will not work, or will lose something.
        case fail
    }

    public init(_ subject: String, _ verdict: Verdict, _ words: String) {
        self.subject = subject
        self.verdict = verdict
        self.words = words
    }

    public var json: Verbatim {
        .object([
            Verbatim.Member(name: "subject", value: .string(subject)),
            Verbatim.Member(name: "verdict", value: .string(verdict.rawValue)),
            Verbatim.Member(name: "words", value: .string(words)),
        ])
    }
}
