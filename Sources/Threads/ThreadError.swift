/// Why a thread or a loop could not be made.
public enum ThreadError: Error, Sendable, Equatable {
    /// The machine would not give what was asked for: which call, and the system's error number.
    case unavailable(String, code: Int32)
}
