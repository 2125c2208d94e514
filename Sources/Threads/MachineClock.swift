internal import CEvent

/// What the system says of its own clock.
public enum MachineClock {
    /// Whether something outside keeps it right; nil where the system does not tell.
    public static var isKeptRight: Bool? {
        var answer = timex()
        let state = unsafe adjtimex(&answer)
        guard state >= 0 else { return nil }
        return state != TIME_ERROR
    }
}
