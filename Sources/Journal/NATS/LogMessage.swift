internal import Model
internal import Wire

/// A message of the log: a part of what a request came to, and the request that it is a part of.
///
/// A line of JSON; then the event's canonical bytes, as many as the line says; then the request's raw body, to the end. A
/// request that comes to one message is whole in that. One that comes to several has a message of its own for its body,
/// which is stored before the others, so that an event is never in the log without the request that brought it, and what
/// is said of one person in it can be taken away without the others' events.
struct LogMessage {
    let receipt: Receipt
    let part: Part
    /// Whether the request's headers and body are in it.
    let isWhole: Bool

    enum Part {
        case event(FrozenEvent)
        case fault(Fault)
        /// The request alone, whose other parts have messages of their own.
        case request
    }

    /// All that a request comes to, in the order in which it is to be stored.
    static func all(of receipt: Receipt) -> (first: LogMessage?, rest: [LogMessage]) {
        let parts = receipt.events.map { Part.event($0) } + receipt.faults.map { Part.fault($0) }
        // What is read again is stored already, and comes to a message more than it did.
        let isWhole = parts.count == 1 || receipt.isReplay
        let rest = parts.map { LogMessage(receipt: receipt, part: $0, isWhole: isWhole) }
        return (isWhole || parts.isEmpty ? nil : LogMessage(receipt: receipt, part: .request, isWhole: true), rest)
    }

    func subject(_ names: LogNames) -> String {
        switch part {
        case .event(let event): names.event(event.id)
        case .fault(let fault): names.fault(fault, source: receipt.source, bodyDigest: receipt.bodyDigest)
        case .request: names.request(source: receipt.source, bodyDigest: receipt.bodyDigest)
        }
    }

    var bytes: [UInt8] {
        var members: [Verbatim.Member] = [
            .init("v", .integer(1)), .init("request", .string(receipt.requestId.description)),
            .init("receivedAt", .integer(receipt.receivedAt.microseconds)), .init("source", .string(receipt.source)),
            .init("provider", .string(receipt.provider)),
            .init("proof", .string(receipt.authenticity.method.rawValue)),
            .init("key", receipt.authenticity.key.map { .string($0) } ?? .null),
            .init("bodySha256", .string(Hex.encode(receipt.bodyDigest))), .init("isWhole", .bool(isWhole)),
        ]
        if isWhole {
            members.append(
                .init("headers", .array(receipt.headers.fields.map { .array([.string($0.name), .string($0.value)]) })))
        }
        var eventBytes: [UInt8] = []
        switch part {
        case .event(let event):
            eventBytes = event.bytes
            members += [
                .init("id", .string(event.id.description)), .init("type", .string(event.label.type)),
                .init("channel", .string(event.label.channel)),
                .init("subject", event.subject.map { .string($0) } ?? .null),
                .init("eventBytes", .integer(Int64(event.bytes.count))),
                .init("eventSha256", .string(Hex.encode(Digest.sha256(event.bytes)))),
            ]
        case .fault(let fault):
            members.append(
                .init("fault", .object([.init("path", .string(fault.path)), .init("reason", .string(fault.reason))])))
        case .request:
            members.append(.init("events", .array(receipt.events.map { .string($0.id.description) })))
        }
        return Verbatim.object(members).json + [UInt8(ascii: "\n")] + eventBytes + (isWhole ? receipt.body : [])
    }

    /// What a message with an event in it says of that; nil where it is not as it was written.
    static func entry(_ bytes: [UInt8], sequence: Int64) -> Entry? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), let head = try? JSON(Array(bytes[..<end])) else {
            return nil
        }
        return entry(head, bytes[(end + 1)...], sequence: sequence)
    }

    fileprivate static func entry(_ head: JSON, _ rest: ArraySlice<UInt8>, sequence: Int64) -> Entry? {
        guard let id = head["id"]?.string.flatMap({ EventID($0) }), let receivedAt = head["receivedAt"]?.integer,
            let type = head["type"]?.string, let provider = head["provider"]?.string,
            let channel = head["channel"]?.string, let source = head["source"]?.string,
            let count = head["eventBytes"]?.integer, let digest = head["eventSha256"]?.string,
            count >= 0, count <= rest.count
        else { return nil }
        let event = Array(rest.prefix(Int(count)))
        guard Hex.encode(Digest.sha256(event)) == digest else { return nil }
        return Entry(
            sequence: sequence,
            event: FrozenEvent(
                id: id, label: Label(type: type, provider: provider, channel: channel, source: source),
                subject: head["subject"]?.string, bytes: event),
            receivedAt: Instant(microseconds: receivedAt))
    }
}

/// A message of the log, read back.
struct LogRecord {
    let sequence: Int64
    let subject: String
    let requestId: EventID
    let receivedAt: Instant
    let source: String
    let provider: String
    let authenticity: Authenticity?
    let bodyDigest: [UInt8]
    /// Nil where the request has a message of its own.
    let whole: Whole?
    let part: Part

    /// A request's headers and body.
    struct Whole {
        let headers: [Receipt.Header]
        let body: [UInt8]
    }

    enum Part {
        case event(Entry)
        case fault(Fault)
        case request([EventID])
    }

    /// Nil where it is not as it was written.
    init?(_ stored: Log.Stored) {
        let bytes = stored.bytes
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), let head = try? JSON(Array(bytes[..<end])),
            let requestId = head["request"]?.string.flatMap({ EventID($0) }),
            let receivedAt = head["receivedAt"]?.integer, let source = head["source"]?.string,
            let provider = head["provider"]?.string, let isWhole = head["isWhole"]?.bool,
            let bodyDigest = head["bodySha256"]?.string.flatMap({ Hex.decode($0) })
        else { return nil }
        let rest = bytes[(end + 1)...]
        var tail = rest
        if head["id"] != nil {
            guard let entry = LogMessage.entry(head, rest, sequence: stored.sequence) else { return nil }
            part = .event(entry)
            tail = rest.dropFirst(entry.event.bytes.count)
        } else if let fault = head["fault"] {
            part = .fault(Fault(path: fault["path"]?.string ?? "", reason: fault["reason"]?.string ?? ""))
        } else {
            part = .request(head["events"]?.elements.compactMap { $0.string.flatMap { EventID($0) } } ?? [])
        }
        sequence = stored.sequence
        subject = stored.subject
        self.requestId = requestId
        self.receivedAt = Instant(microseconds: receivedAt)
        self.source = source
        self.provider = provider
        self.bodyDigest = bodyDigest
        authenticity = head["proof"]?.string.flatMap { Authenticity.Method(rawValue: $0) }
            .map { Authenticity(method: $0, key: head["key"]?.string) }
        guard isWhole else {
            whole = nil
            return
        }
        let body = Array(tail)
        guard Digest.sha256(body) == bodyDigest else { return nil }
        let headers = head["headers"]?.elements.compactMap { pair -> Receipt.Header? in
            guard case let texts = pair.elements.compactMap(\.string), texts.count == 2 else { return nil }
            return Receipt.Header(name: texts[0], value: texts[1])
        }
        whole = Whole(headers: headers ?? [], body: body)
    }

    var entry: Entry? { if case .event(let entry) = part { entry } else { nil } }
    var fault: Fault? { if case .fault(let fault) = part { fault } else { nil } }
}

extension Verbatim.Member {
    init(_ name: String, _ value: Verbatim) {
        self.init(name: name, value: value)
    }
}
