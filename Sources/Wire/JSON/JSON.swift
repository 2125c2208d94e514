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

        fileprivate init(_ kind: JSONToken.Kind) {
            switch kind {
            case .null: self = .null
            case .yes, .no: self = .bool
            case .integer, .real: self = .number
            case .plain, .escaped: self = .string
            case .array: self = .array
            case .object: self = .object
            }
        }
    }

    public var kind: Kind { Kind(token.kind) }

    public var isNull: Bool { token.kind == .null }

    public var string: String? { document.string(at: index) }

    /// A number without a fraction that fits in 64 bits.
    public var integer: Int64? { document.integer(at: index) }

    /// Any number, as the nearest double.
    public var double: Double? { document.double(at: index) }

    public var bool: Bool? { document.bool(at: index) }
}

// MARK: - What lies in it

extension JSON {
    /// A member of an object; nil where it is absent or this is no object.
    public subscript(name: String) -> JSON? {
        member(name).map(value)
    }

    /// Where a member of an object lies: nothing but that, so that looking for one holds on to nothing.
    public struct Member: Sendable {
        /// Which of the object's members it is, counted from 0.
        public let place: Int
        /// The token of its value.
        fileprivate let index: Int
    }

    /// A member of an object; nil where it is absent or this is no object.
    public func member(_ name: String) -> Member? {
        document.member(name, of: index).map { Member(place: $0.place, index: $0.index) }
    }

    /// The value of a member of this object.
    public func value(_ member: Member) -> JSON {
        JSON(index: index(of: member), of: document)
    }

    /// What the value of a member of this object is.
    public func kind(_ member: Member) -> Kind {
        Kind(document.tokens[index(of: member)].kind)
    }

    // What a member of this object says, without its value being made: that would hold on to the document.

    /// ``string`` of a member of this object.
    public func string(_ member: Member) -> String? { document.string(at: index(of: member)) }

    /// ``integer`` of a member of this object.
    public func integer(_ member: Member) -> Int64? { document.integer(at: index(of: member)) }

    /// The digits of ``integer`` of a member of this object, a minus sign before them where it is negative.
    public func digits(_ member: Member) -> String? { document.digits(at: index(of: member)) }

    /// ``double`` of a member of this object.
    public func double(_ member: Member) -> Double? { document.double(at: index(of: member)) }

    /// ``bool`` of a member of this object.
    public func bool(_ member: Member) -> Bool? { document.bool(at: index(of: member)) }

    /// The name of a member of this object, which stands right before its value.
    public func name(_ member: Member) -> String {
        document.text(document.tokens[index(of: member) - 1])
    }

    /// The token of a member's value. It has to be a member of this object, and not of another.
    private func index(of member: Member) -> Int {
        assert(token.kind == .object && index < member.index && member.index < Int(token.next))
        return member.index
    }

    /// An object's members in their order; empty for anything else.
    public var members: [(name: String, value: JSON)] {
        var members: [(name: String, value: JSON)] = []
        forEachMember { members.append((name($0), value($0))) }
        return members
    }

    /// How many members an object has; 0 for anything else.
    public var memberCount: Int {
        var count = 0
        forEachMember { _ in count += 1 }
        return count
    }

    /// Goes through an object's members in their order, none of whose names becomes a string by it.
    public func forEachMember(_ visit: (Member) -> Void) {
        guard token.kind == .object else { return }
        let end = Int(token.next)
        var name = index + 1
        var place = 0
        while name < end {
            visit(Member(place: place, index: name + 1))
            name = Int(document.tokens[name + 1].next)
            place += 1
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
