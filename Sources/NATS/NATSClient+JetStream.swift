public import Model
public import Wire

/// What a stream says of a message that it has stored.
public struct Acknowledgement: Sendable, Equatable {
    public let stream: String
    /// Nothing where the stream knows the message by its id and has not stored it yet, so that it is no promise.
    public let sequence: Int64
    /// Whether the stream had a message of this id already, and stored nothing.
    public let isDuplicate: Bool
}

/// JetStream: messages and answers in JSON, over requests as any other.
extension NATSClient {
    /// Publishes to a stream, and returns once the stream says that it is stored, on as many servers as it is to be.
    public func publish(_ message: NATSMessage, timeoutMs: Int64) async throws(NATSFault) -> Acknowledgement {
        let answer = try Self.read(try await request(message, timeoutMs: timeoutMs))
        guard let stream = answer["stream"]?.string else { throw .unreadable }
        return Acknowledgement(
            stream: stream, sequence: answer["seq"]?.integer ?? 0, isDuplicate: answer["duplicate"]?.bool ?? false)
    }

    /// Asks JetStream itself, such as `STREAM.INFO.orders`.
    public func ask(
        _ question: String, _ body: [Verbatim.Member] = [], timeoutMs: Int64
    ) async throws(NATSFault) -> JSON {
        let message = NATSMessage(
            subject: "$JS.API." + question, body: body.isEmpty ? [] : Verbatim.object(body).json)
        return try Self.read(try await request(message, timeoutMs: timeoutMs))
    }

    private static func read(_ message: NATSMessage) throws(NATSFault) -> JSON {
        guard let answer = try? JSON(message.body) else { throw .unreadable }
        guard let error = answer["error"] else { return answer }
        throw .refused(
            code: error["err_code"]?.integer ?? error["code"]?.integer ?? 0,
            reason: error["description"]?.string ?? "refused without a word")
    }
}
