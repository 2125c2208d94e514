public import Model

/// One recorded step in an entry's history at a sink. An entry that was taken at its first try has none.
public struct Attempt: Sendable, Equatable {
    public let sink: String
    public let at: Instant
    public let outcome: Outcome
    /// Which try it was, from 1; 0 where it was none.
    public let number: Int
    public let reason: String?

    public enum Outcome: Int64, Sendable {
        /// It was tried, and will be again.
        case failed = 0
        /// It was tried and taken, after it had failed or was to be sent again.
        case taken = 1
        /// It was given up.
        case buried = 2
        /// An operator wanted it sent again.
        case replayed = 3
    }

    /// Of many failures the first are kept, and then some: an entry's history is bounded, however long it takes.
    static func isKept(_ number: Int) -> Bool {
        number <= 20 || number.isMultiple(of: 20)
    }
}
