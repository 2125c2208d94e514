import Glibc
internal import Model
internal import Wire

/// Events as they are put into a request (CloudEvents 1.0, HTTP protocol binding): the fields that say what the body is,
/// and the body.
struct CloudEventMessage {
    /// What the receiver tells repetitions by.
    let id: String
    let headers: [Transfer.Header]
    let body: [UInt8]
}

extension CloudEventMessage {
    /// One event, whole, in the body.
    init(structured entry: Entry) {
        id = entry.event.id.description
        headers =
            [Transfer.Header(name: "content-type", value: "application/cloudevents+json; charset=utf-8")]
            + Self.trace(of: entry)
        body = entry.json
    }

    /// Several events as one array. The same events in the same order have the same id, and others have another.
    init(batched entries: some Collection<Entry>) {
        var ids: [UInt8] = []
        var body: [UInt8] = []
        for entry in entries {
            ids.append(contentsOf: entry.event.id.bytes)
            body.append(UInt8(ascii: body.isEmpty ? "[" : ","))
            entry.appendJSON(to: &body)
        }
        body.append(UInt8(ascii: "]"))
        id = "batch-" + Hex.encode(Array(Digest.sha256(ids).prefix(16)))
        headers = [Transfer.Header(name: "content-type", value: "application/cloudevents-batch+json; charset=utf-8")]
        self.body = body
    }

    /// One event with its attributes in the header and nothing but its data in the body.
    ///
    /// Nil where the event's bytes are not those of an event, which they always are.
    init?(binary entry: Entry) {
        let json = entry.json
        // The attributes come before the data, and are strings, in which a quotation mark has a backslash before it.
        guard let data = Self.dataMember(in: json),
            let attributes = try? JSON(json[..<data.lowerBound] + [UInt8(ascii: "}")])
        else { return nil }
        var headers: [Transfer.Header] = []
        for member in attributes.members {
            guard let value = member.value.string else { return nil }
            let name = member.name == "datacontenttype" ? "content-type" : "ce-" + member.name
            headers.append(Transfer.Header(name: name, value: Self.percentEncoded(value)))
        }
        id = entry.event.id.description
        self.headers = headers + Self.trace(of: entry)
        body = Array(json[data.upperBound...].dropLast())
    }

    /// The trace that the callback belonged to, so that the receiver's work is seen to belong to it too.
    ///
    /// https://www.w3.org/TR/trace-context/ (read 2026-11-28). A quotation mark in a value has a backslash before it, so
    /// that the name is found as a name only; and it stands before the data.
    private static func trace(of entry: Entry) -> [Transfer.Header] {
        let json = entry.event.bytes
        let lengthMax = 55
        guard let data = dataMember(in: json), let name = find(#","traceparent":""#, in: json[..<data.lowerBound]),
            name.upperBound + lengthMax <= data.lowerBound
        else { return [] }
        let value = json[name.upperBound..<(name.upperBound + lengthMax)]
        return [Transfer.Header(name: "traceparent", value: String(decoding: value, as: UTF8.self))]
    }

    /// Where the name of the member lies, with the comma before it and the colon after it.
    private static func dataMember(in json: [UInt8]) -> Range<Int>? {
        find(#","data":"#, in: json[...])
    }

    private static func find(_ text: StaticString, in json: ArraySlice<UInt8>) -> Range<Int>? {
        let count = text.utf8CodeUnitCount
        return unsafe json.withUnsafeBytes { bytes in
            guard let first = bytes.baseAddress else { return nil }
            var offset = 0
            // From one byte that it may begin with to the next, by the fastest way that there is.
            while offset + count <= bytes.count,
                let next = unsafe memchr(first + offset, Int32(text.utf8Start.pointee), bytes.count - offset)
            {
                offset = unsafe UnsafeRawPointer(next) - first
                guard offset + count <= bytes.count else { return nil }
                let start = json.startIndex + offset
                if unsafe memcmp(next, text.utf8Start, count) == 0 { return start..<start + count }
                offset += 1
            }
            return nil
        }
    }

    /// As the binding asks in 3.1.3.2: blanks, quotation marks, percent signs, and all that is not visible ASCII.
    static func percentEncoded(_ value: String) -> String {
        guard value.utf8.contains(where: needsEscape) else { return value }
        var encoded: [UInt8] = []
        for byte in value.utf8 {
            if needsEscape(byte) {
                encoded.append(contentsOf: "%\(Hex.encode([byte]).uppercased())".utf8)
            } else {
                encoded.append(byte)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        !(0x21...0x7E ~= byte) || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "%")
    }
}
