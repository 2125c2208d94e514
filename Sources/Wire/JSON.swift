internal import CJansson

/// A value in a JSON document that jansson parsed.
///
/// The tree stays jansson's and is looked at, not copied: a value holds on to its document, and what is asked for is
/// made into a Swift value when it is asked for. Parsing is strict: an object or an array, no key twice, UTF-8 only, no
/// number that would have to be rounded to fit.
@safe public struct JSON {
    /// How deep objects and arrays may lie in each other.
    public static let depthMax = 64

    private let document: Document
    private let node: OpaquePointer

    /// Owns the tree, and lets go of it as a whole.
    @safe private final class Document {
        let root: OpaquePointer

        init(owning root: OpaquePointer) {
            unsafe self.root = root
        }

        deinit {
            unsafe json_decref(UnsafeMutablePointer(root))
        }
    }

    /// Why bytes are not JSON that we take.
    public struct Failure: Error, Sendable, Equatable {
        /// In words of jansson's or ours; it quotes nothing of the document.
        public let reason: String
        /// The byte at which it was noticed, from 0.
        public let offset: Int
    }

    /// Parses a whole document.
    public init(_ bytes: [UInt8]) throws(Failure) {
        try Self.checkDepth(of: bytes.span)
        var error = json_error_t()
        let parsed = unsafe bytes.withUnsafeBytes { buffer in
            unsafe OpaquePointer(
                json_loadb(
                    buffer.baseAddress, buffer.count, Int(JSON_REJECT_DUPLICATES) | Int(JSON_ALLOW_NUL), &error))
        }
        guard let root = unsafe parsed else { throw Failure(error) }
        unsafe document = Document(owning: root)
        unsafe node = root
    }

    private init(_ node: OpaquePointer, of document: Document) {
        self.document = document
        unsafe self.node = node
    }

    /// Refuses depth before jansson, which recurses, sees it: one pass that knows only strings and brackets.
    private static func checkDepth(of bytes: Span<UInt8>) throws(Failure) {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for offset in bytes.indices {
            let byte = bytes[offset]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= depthMax else { throw Failure(reason: "nested too deeply", offset: offset) }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
    }
}

extension JSON.Failure {
    /// jansson's text may quote the document after " near '"; that part stays out, since a message body is nobody's log.
    fileprivate init(_ error: json_error_t) {
        let text = unsafe withUnsafeBytes(of: error.text) { buffer in
            unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        }
        let words = text.split(separator: " near '", maxSplits: 1).first.map(String.init) ?? "not JSON"
        // "duplicate object key" is told apart by its code; its text ends in the key itself.
        let isDuplicate = text.hasPrefix("duplicate object key")
        self.init(reason: isDuplicate ? "duplicate key" : words, offset: Int(max(error.position, 0)))
    }
}

// MARK: - What a value is

extension JSON {
    public enum Kind: Sendable {
        case null, bool, number, string, array, object
    }

    public var kind: Kind {
        switch type {
        case JSON_OBJECT: .object
        case JSON_ARRAY: .array
        case JSON_STRING: .string
        case JSON_INTEGER, JSON_REAL: .number
        case JSON_TRUE, JSON_FALSE: .bool
        default: .null
        }
    }

    private var type: json_type { unsafe shim_json_type(UnsafePointer(node)) }

    public var isNull: Bool { kind == .null }

    public var string: String? {
        guard type == JSON_STRING else { return nil }
        return unsafe Self.text(json_string_value(UnsafePointer(node)), json_string_length(UnsafePointer(node)))
    }

    /// A number without a fraction that fits in 64 bits.
    public var integer: Int64? {
        type == JSON_INTEGER ? unsafe json_integer_value(UnsafePointer(node)) : nil
    }

    /// Any number, as the nearest double.
    public var double: Double? {
        kind == .number ? unsafe json_number_value(UnsafePointer(node)) : nil
    }

    public var bool: Bool? {
        switch type {
        case JSON_TRUE: true
        case JSON_FALSE: false
        default: nil
        }
    }

    fileprivate static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}

// MARK: - What lies in a value

extension JSON {
    /// A member of an object; nil where it is absent or this is no object.
    public subscript(name: String) -> JSON? {
        var name = name
        let found = name.withUTF8 { unsafe json_object_getn(UnsafePointer(node), $0.baseAddress, $0.count) }
        return unsafe found.map { unsafe JSON(OpaquePointer($0), of: document) }
    }

    /// An object's members in their order; empty for anything else.
    public var members: [(name: String, value: JSON)] {
        guard kind == .object else { return [] }
        let object = unsafe UnsafeMutablePointer<json_t>(node)
        var members: [(name: String, value: JSON)] = []
        unsafe members.reserveCapacity(json_object_size(object))
        var iterator = unsafe json_object_iter(object)
        while let member = unsafe iterator {
            let name = unsafe Self.text(json_object_iter_key(member), json_object_iter_key_len(member))
            if let value = unsafe json_object_iter_value(member) {
                unsafe members.append((name, JSON(OpaquePointer(value), of: document)))
            }
            unsafe iterator = json_object_iter_next(object, member)
        }
        return members
    }

    /// An array's elements; empty for anything else.
    public var elements: [JSON] {
        guard kind == .array else { return [] }
        return (0..<(unsafe json_array_size(UnsafePointer(node)))).compactMap { index in
            unsafe json_array_get(UnsafePointer(node), index).map { unsafe JSON(OpaquePointer($0), of: document) }
        }
    }
}
