/// The header fields that are kept of a request, as they lie on the disk: each name and then its value, both with their
/// length in bytes before them, as four bytes, the highest first.
///
/// One piece of memory, which goes from the request's own bytes to the disk: no field becomes a string on the way.
public struct HeaderBlock: Sendable, Equatable {
    /// As they lie on the disk; empty where there are no fields.
    public let bytes: [UInt8]

    /// Of fields that somebody has as text.
    public init(_ fields: [Receipt.Header]) {
        var block = Writer(capacity: fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 })
        for field in fields { block.append(field.name, field.value.utf8Span.span) }
        self = block.finish()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Puts a block together, field by field.
    struct Writer: ~Copyable {
        private var output: ByteWriter

        /// - Parameter capacity: how many bytes there is room for before more is made.
        init(capacity: Int) {
            output = ByteWriter(capacity: capacity)
        }

        mutating func append(_ name: String, _ value: Span<UInt8>) {
            append(name.utf8Span.span)
            append(value)
        }

        private mutating func append(_ text: Span<UInt8>) {
            // Of a header field, which is some thousand bytes at most.
            output.append(bigEndian: UInt32(text.count))
            output.append(text)
        }

        consuming func finish() -> HeaderBlock {
            HeaderBlock(bytes: output.finish())
        }
    }

    /// The fields as text, in their order.
    public var fields: [Receipt.Header] {
        guard let fields = Self.fields(in: bytes) else { preconditionFailure("a header block was made that is none") }
        return fields
    }

    /// The fields that lie on the disk as these bytes; nil where they are no such block.
    public static func fields(in bytes: [UInt8]) -> [Receipt.Header]? {
        var rest = bytes[...]
        var fields: [Receipt.Header] = []
        while !rest.isEmpty {
            guard let name = takeText(from: &rest), let value = takeText(from: &rest) else { return nil }
            fields.append(Receipt.Header(name: name, value: value))
        }
        return fields
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
