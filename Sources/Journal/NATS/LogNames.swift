internal import Model
internal import Wire

/// What the streams and subjects of a log are called, all of them by the one name that is configured.
struct LogNames: Sendable {
    /// The stream that holds what came in.
    let stream: String
    /// The stream that holds how far each sink has come.
    var state: String { stream + "-state" }

    var streamSubjects: [String] { ["\(stream).event.>", "\(stream).fault.>"] }
    var stateSubjects: [String] { ["\(state).>"] }

    /// One subject for each event, so that the stream itself refuses the second of an id.
    func event(_ id: EventID) -> String { "\(stream).event.\(id)" }

    /// One subject for the faults of each body that a source was sent.
    func faults(of receipt: Receipt) -> String {
        "\(stream).fault.\(receipt.source).\(Hex.encode(receipt.bodyDigest))"
    }

    func isEvent(_ subject: String) -> Bool { subject.hasPrefix("\(stream).event.") }

    func head(of sink: String) -> String { "\(state).sink.\(sink)" }
    func retry(_ sequence: Int64, of sink: String) -> String { "\(state).retry.\(sink).\(sequence)" }
    func retries(of sink: String) -> String { "\(state).retry.\(sink).*" }
    func deadLetter(_ sequence: Int64, of sink: String) -> String { "\(state).dead.\(sink).\(sequence)" }
}
