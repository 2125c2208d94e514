/// Why a request was turned away: data for the log and for the answer, not prose.
///
/// The sender hears none of it beyond the status, since whoever forges must not learn how close it came.
public enum Refusal: Error, Sendable, Equatable {
    /// The signature is missing, not of the vendor's form, or not one of ours.
    case forged(Forgery)

    /// What was wrong with the proof.
    public enum Forgery: String, Sendable {
        case missing, malformed, repeated, wrongAccount, mismatch
    }
}
