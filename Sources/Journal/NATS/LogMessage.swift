internal import Model
internal import Wire

/// A message of the log: what a request was, one of the events that it brought or all of its faults, and the request's
/// raw body.
///
/// A line of JSON; then the event's canonical bytes, as many as the line says; then the body, to the end. So each message
/// is whole by itself: an event is never in the log without the request that brought it.
struct LogMessage {
    let receipt: Receipt
    /// Nil in the message that holds the request's faults.
    let event: FrozenEvent?

    var bytes: [UInt8] {
        var members: [Verbatim.Member] = [
            .init("v", .integer(1)), .init("request", .string(receipt.requestId.description)),
            .init("receivedAt", .integer(receipt.receivedAt.microseconds)), .init("source", .string(receipt.source)),
            .init("provider", .string(receipt.provider)),
            .init("proof", .string(receipt.authenticity.method.rawValue)),
            .init("key", receipt.authenticity.key.map { .string($0) } ?? .null),
            .init("bodySha256", .string(Hex.encode(receipt.bodyDigest))),
            .init("headers", .array(receipt.headers.map { .array([.string($0.name), .string($0.value)]) })),
        ]
        if let event {
            members += [
                .init("id", .string(event.id.description)), .init("type", .string(event.label.type)),
                .init("channel", .string(event.label.channel)),
                .init("subject", event.subject.map { .string($0) } ?? .null),
                .init("eventBytes", .integer(Int64(event.bytes.count))),
                .init("eventSha256", .string(Hex.encode(Digest.sha256(event.bytes)))),
            ]
        } else {
            let faults = receipt.faults.map { fault in
                Verbatim.object([.init("path", .string(fault.path)), .init("reason", .string(fault.reason))])
            }
            members.append(.init("faults", .array(faults)))
        }
        return Verbatim.object(members).json + [UInt8(ascii: "\n")] + (event?.bytes ?? []) + receipt.body
    }

    /// What a message with an event in it says of that; nil where it is not as it was written.
    static func entry(_ bytes: [UInt8], sequence: Int64) -> Entry? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), let head = try? JSON(Array(bytes[..<end])),
            let id = head["id"]?.string.flatMap({ EventID($0) }), let receivedAt = head["receivedAt"]?.integer,
            let type = head["type"]?.string, let provider = head["provider"]?.string,
            let channel = head["channel"]?.string, let source = head["source"]?.string,
            let count = head["eventBytes"]?.integer, let digest = head["eventSha256"]?.string,
            count >= 0, count < bytes.count - end
        else { return nil }
        let event = Array(bytes[(end + 1)...].prefix(Int(count)))
        guard Hex.encode(Digest.sha256(event)) == digest else { return nil }
        return Entry(
            sequence: sequence,
            event: FrozenEvent(
                id: id, label: Label(type: type, provider: provider, channel: channel, source: source),
                subject: head["subject"]?.string, bytes: event),
            receivedAt: Instant(microseconds: receivedAt))
    }
}

extension Verbatim.Member {
    init(_ name: String, _ value: Verbatim) {
        self.init(name: name, value: value)
    }
}
