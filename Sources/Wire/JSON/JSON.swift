/// A value in a JSON document.
///
/// The document is read once, strictly: an object or an array, no name twice in an object, UTF-8 only, no whole
/// number beyond 64 bits. Any other number is the double that is nearest to it, which is not always the same: `1.50` and
/// `1.5` are one, and so are `1e-400` and `0`. What is asked for is made into a Swift value when it is asked for.
public struct JSON: Sendable {
    /// How deep objects and arrays may lie in each other.
    public static let depthMax = 64

    private let document: JSONDocument
    /// Which of the document's tokens this value is.
    private let index: Int

    /// Why bytes are not JSON that we take.
    public struct Failure: Error, Sendable, Equatable {
        /// It quotes nothing of the document.
        public let reason: String
        /// The byte at which it was noticed, from 0.
        public let offset: Int
    }

    /// Reads a whole document.
    public init(_ bytes: [UInt8]) throws(Failure) {
        self.init(index: 0, of: try JSONDocument(bytes))
    }

    private init(index: Int, of document: JSONDocument) {
        self.document = document
        self.index = index
    }

    private var token: JSONToken { document.tokens[index] }

    // MARK: What it is

    public enum Kind: Sendable {
        case null, bool, number, string, array, object
    }

    public var kind: Kind {
        switch token.kind {
        case .null: .null
        case .yes, .no: .bool
        case .integer, .real: .number
        case .plain, .escaped: .string
        case .array: .array
        case .object: .object
        }
    }

    public var isNull: Bool { token.kind == .null }

    public var string: String? {
        let token = token
        return token.kind == .plain || token.kind == .escaped ? document.text(token) : nil
    }

    /// A number without a fraction that fits in 64 bits.
    public var integer: Int64? {
        let token = token
        return token.kind == .integer ? JSONDocument.integer(document.bytes[token.range]) : nil
    }

    /// Any number, as the nearest double.
    public var double: Double? {
        let token = token
        return token.kind == .integer || token.kind == .real ? JSONDocument.real(document.bytes[token.range]) : nil
    }

    public var bool: Bool? {
        switch token.kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }
}

// MARK: - What lies in it

extension JSON {
    /// A member of an object: its name, which becomes a string only where it is asked for, and its value.
    public struct Entry: Sendable {
        public let value: JSON

        fileprivate init(_ value: JSON) {
            self.value = value
        }

        /// The name stands right before the value.
        private var nameToken: JSONToken { value.document.tokens[value.index - 1] }

        public var name: String { value.document.text(nameToken) }
    }

    /// A member of an object; nil where it is absent or this is no object.
    public subscript(name: String) -> JSON? {
        document.member(name, of: index).map { JSON(index: $0.index, of: document) }
    }

    /// Which of an object's entries has this name, counted from 0; nil where none has.
    public func place(of name: String) -> Int? {
        document.member(name, of: index)?.place
    }

    /// An object's members in their order; empty for anything else.
    public var members: [(name: String, value: JSON)] {
        entries.map { ($0.name, $0.value) }
    }

    /// An object's members in their order, none of whose names has become a string yet; empty for anything else.
    public var entries: Entries {
        Entries(document: document, upcoming: index + 1, end: token.kind == .object ? Int(token.next) : index + 1)
    }

    /// The members of an object, one after the other.
    public struct Entries: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var upcoming: Int
        fileprivate let end: Int

        public mutating func next() -> Entry? {
            guard upcoming < end else { return nil }
            defer { upcoming = Int(document.tokens[upcoming + 1].next) }
            return Entry(JSON(index: upcoming + 1, of: document))
        }

        /// How many there are.
        public var underestimatedCount: Int {
            var count = 0
            var index = upcoming
            while index < end {
                index = Int(document.tokens[index + 1].next)
                count += 1
            }
            return count
        }
    }

    /// An array's elements; empty for anything else.
    public var elements: [JSON] {
        guard token.kind == .array else { return [] }
        var elements: [JSON] = []
        var index = index + 1
        let end = Int(token.next)
        while index < end {
            elements.append(JSON(index: index, of: document))
            index = Int(document.tokens[index].next)
        }
        return elements
    }
}
