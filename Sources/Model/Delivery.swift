/// What a sink says of one entry.
public enum Delivery: Sendable, Equatable {
    /// It is there, for good.
    case taken
    /// Not now; the sink may name the wait it was asked for, in milliseconds.
    case later(reason: String, waitMs: Int64?)
    /// Not ever: another try would end the same.
    case never(reason: String)
    /// The sink wants nothing more at all, this one included, until a person says otherwise.
    case gone(reason: String)
}
