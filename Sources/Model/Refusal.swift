/// Why a request was turned away: data for the log and for the answer, not prose.
///
/// The sender hears none of it beyond the status, since whoever forges must not learn how close it came.
public enum Refusal: Error, Sendable, Equatable {
    /// The proof is missing, not of the form it must have, or not one of ours.
    case forged(Forgery)

    /// What was wrong with the proof.
    public enum Forgery: String, Sendable {
        case missing, malformed, repeated, wrongAccount, mismatch
        /// It came from an address that is none of the source's.
        case address
    }
}
