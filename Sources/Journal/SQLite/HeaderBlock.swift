import Model
import Wire

/// Header fields as they lie in the database: each name and value with its length, four bytes, before it.
enum HeaderBlock {
    static func bytes(of headers: [Receipt.Header]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 })
        let fields = headers.span
        for index in fields.indices {
            append(fields[index].name, to: &bytes)
            append(fields[index].value, to: &bytes)
        }
        return bytes
    }

    /// Nil where the bytes are not such a block.
    static func headers(from bytes: [UInt8]) -> [Receipt.Header]? {
        var rest = bytes[...]
        var headers: [Receipt.Header] = []
        while !rest.isEmpty {
            guard let name = takeText(from: &rest), let value = takeText(from: &rest) else { return nil }
            headers.append(Receipt.Header(name: name, value: value))
        }
        return headers
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let text = text.utf8Span.span
        // Of a header field, which is some thousand bytes at most.
        let count = UInt32(text.count)
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: count >> shift))
        }
        bytes.append(text)
    }

    private static func takeText(from bytes: inout ArraySlice<UInt8>) -> String? {
        guard bytes.count >= 4 else { return nil }
        let count = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        bytes = bytes.dropFirst(4)
        guard bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
