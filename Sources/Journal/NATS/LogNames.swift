internal import Model
internal import Wire

/// What the streams and subjects of a log are called, all of them by the one name that is configured.
struct LogNames: Sendable {
    /// The stream that holds what came in.
    let stream: String
    /// The stream that holds how far each sink has come.
    var state: String { stream + "-state" }

    var streamSubjects: [String] { [events, faults, "\(stream).request.>"] }
    var stateSubjects: [String] { ["\(state).>"] }

    var events: String { "\(stream).event.>" }
    var faults: String { "\(stream).fault.>" }

    /// One subject for each event, so that the stream itself refuses the second of an id.
    func event(_ id: EventID) -> String { "\(stream).event.\(id)" }

    /// One subject for each fault of each body that a source was sent.
    func fault(_ fault: Fault, source: String, bodyDigest: [UInt8]) -> String {
        let words = Array(fault.path.utf8) + [0] + Array(fault.reason.utf8)
        return
            "\(stream).fault.\(source).\(Hex.encode(bodyDigest)).\(Hex.encode(Array(Digest.sha256(words).prefix(8))))"
    }

    /// All faults of a body.
    func faults(source: String, bodyDigest: [UInt8]) -> String {
        "\(stream).fault.\(source).\(Hex.encode(bodyDigest)).*"
    }

    /// One subject for each body that came to more than one message.
    func request(source: String, bodyDigest: [UInt8]) -> String {
        "\(stream).request.\(source).\(Hex.encode(bodyDigest))"
    }

    func isEvent(_ subject: String) -> Bool { subject.hasPrefix("\(stream).event.") }

    var heads: String { "\(state).sink.*" }
    func head(of sink: String) -> String { "\(state).sink.\(sink)" }
    func retry(_ sequence: Int64, of sink: String) -> String { "\(state).retry.\(sink).\(sequence)" }
    func retries(of sink: String) -> String { "\(state).retry.\(sink).*" }
    func deadLetter(_ sequence: Int64, of sink: String) -> String { "\(state).dead.\(sink).\(sequence)" }
    func deadLetters(of sink: String) -> String { "\(state).dead.\(sink).*" }
    func replay(_ sequence: Int64, of sink: String) -> String { "\(state).replay.\(sink).\(sequence)" }
    func replays(of sink: String) -> String { "\(state).replay.\(sink).*" }
    /// What whoever serves a sink is told, each word a message.
    func word(_ name: String, to sink: String) -> String { "\(state).word.\(sink).\(name)" }
    func words(to sink: String) -> String { "\(state).word.\(sink).*" }
    func erasure(_ name: String) -> String { "\(state).erasure.\(name)" }

    /// The last word of a subject, such as an event's number.
    static func number(inSubject subject: String) -> Int64? {
        subject.split(separator: ".").last.flatMap { Int64($0) }
    }
}
