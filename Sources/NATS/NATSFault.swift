/// Why a server was not asked, or what it said. The texts name settings and servers, never what was sent.
public enum NATSFault: Error, Sendable, Equatable {
    /// A setting that no connection can be made with.
    case badSetting(String)
    /// There is no connection now; it is being tried. What was asked was not sent.
    case unreachable(String)
    /// No answer came in time, or the connection broke before it: it may have been done, or not.
    case unanswered
    /// The server has nobody for this subject: no stream takes it, or none has a leader now.
    case nobody
    /// The message cannot be sent as it is.
    case unsendable(String)
    /// It is longer than the server takes.
    case tooLarge
    /// The server's own error: its number (of JetStream's errors) and words.
    case refused(code: Int64, reason: String)
    /// What came is not what this protocol's answers look like.
    case unreadable
    /// The client is closed or closing.
    case closed
}

extension NATSFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badSetting(let why), .unsendable(let why): why
        case .unreachable(let why): why.isEmpty ? "no connection" : "no connection: \(why)"
        case .unanswered: "no answer"
        case .nobody: "nobody answers for the subject: no such stream, or it has no leader now"
        case .tooLarge: "longer than the server takes: `max_payload`"
        case .refused(_, let reason): reason
        case .unreadable: "an answer that cannot be read"
        case .closed: "closed"
        }
    }
}
