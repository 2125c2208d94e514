/// The header fields of a request, in the order they came, over the bytes they came in.
///
/// The bytes are kept once and each field is a pair of ranges into them: most requests are asked for one or two fields,
/// so the others never become strings.
public struct Headers: Sendable {
    /// Where a field's name and its value (without the blanks around it) lie in the bytes.
    public typealias Field = (name: Range<Int>, value: Range<Int>)

    private let bytes: [UInt8]
    private let fields: [Field]

    /// Every range lies within the bytes; that is the caller's duty.
    public init(bytes: [UInt8] = [], fields: [Field] = []) {
        self.bytes = bytes
        self.fields = fields
    }

    /// From names and values, for whoever has no bytes to share.
    public init(_ pairs: [(name: String, value: String)]) {
        var bytes: [UInt8] = []
        var fields: [Field] = []
        for pair in pairs {
            let nameStart = bytes.count
            bytes.append(contentsOf: pair.name.utf8)
            let valueStart = bytes.count
            bytes.append(contentsOf: pair.value.utf8)
            fields.append((nameStart..<valueStart, valueStart..<bytes.count))
        }
        self.init(bytes: bytes, fields: fields)
    }

    /// The value of a field, its name compared without case; of several, the first.
    public subscript(name: String) -> String? {
        value(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of a field's value, as ``subscript(_:)`` finds it.
    public func value(of name: String) -> ArraySlice<UInt8>? {
        place(of: name.utf8Span.span).map { bytes[fields[$0].value] }
    }

    /// The bytes of the value of the first field of a name, and whether no other has the same name.
    public func first(_ name: String) -> (value: ArraySlice<UInt8>, isOnly: Bool)? {
        let name = name.utf8Span.span
        return place(of: name).map { (bytes[fields[$0].value], place(of: name, after: $0) == nil) }
    }

    /// The value of a field that has to be there once; nil where it is not there, and where it is there more often, so that
    /// readers might not agree on which it is.
    public func sole(_ name: String) -> String? {
        guard let field = first(name), field.isOnly else { return nil }
        return String(decoding: field.value, as: UTF8.self)
    }

    /// Which of the fields is the first of a name, behind a place or of all.
    private func place(of name: Span<UInt8>, after place: Int = -1) -> Int? {
        let (fields, bytes) = (fields.span, bytes.span)
        for place in place + 1..<fields.count where Self.matches(bytes.extracting(fields[place].name), name) {
            return place
        }
        return nil
    }

    /// The values of all fields of a name, in the order they came.
    public func values(of name: String) -> [String] {
        let name = name.utf8Span.span
        return fields.filter { Self.matches(bytes.span.extracting($0.name), name) }
            .map { String(decoding: bytes[$0.value], as: UTF8.self) }
    }

    /// Of the fields with these names those that are there, in the order and the spelling of the names; where several have
    /// one name, the first.
    ///
    /// Two lists, so that they need not be joined for each request.
    public func block(of names: [String], and further: [String] = []) -> HeaderBlock {
        var block = HeaderBlock.Writer(capacity: Self.keptFieldBytesExpected * (names.count + further.count))
        for name in names { append(name, to: &block) }
        for name in further { append(name, to: &block) }
        return block.finish()
    }

    /// About what a kept field takes, with its name and both lengths.
    private static let keptFieldBytesExpected = 64

    private func append(_ name: String, to block: inout HeaderBlock.Writer) {
        guard let place = place(of: name.utf8Span.span) else { return }
        block.append(name, bytes.span.extracting(fields[place].value))
    }

    /// All fields as text.
    public var pairs: [(name: String, value: String)] {
        fields.map { field in
            (String(decoding: bytes[field.name], as: UTF8.self), String(decoding: bytes[field.value], as: UTF8.self))
        }
    }

    private static func matches(_ field: Span<UInt8>, _ name: Span<UInt8>) -> Bool {
        guard field.count == name.count else { return false }
        for place in name.indices {
            let (one, other) = (field[place], name[place])
            // Nearly always the same letter in the same case.
            guard one == other || one.lowercasedASCII == other.lowercasedASCII else { return false }
        }
        return true
    }
}

extension UInt8 {
    var lowercasedASCII: UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self
    }
}
