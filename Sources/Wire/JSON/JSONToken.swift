/// One value or name of a document: what it is, and where it lies. The value itself is made when it is asked for.
struct JSONToken {
    enum Kind: UInt8 {
        case null, yes, no, integer, real
        /// A string or a name whose bytes are what it says.
        case plain
        /// A string or a name with escapes in it.
        case escaped
        case array, object
    }

    let kind: Kind
    /// The first byte: for a string, the one behind the quotation mark.
    let start: UInt32
    /// How many bytes: for a string, those between the quotation marks.
    var length: UInt32 = 0
    /// The token behind this value and all that lies in it.
    var next: UInt32

    var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
}

/// A document that was read: its bytes, and its tokens in the order they stand there.
///
/// An object is followed by name and value of each member in turn, an array by its elements.
final class JSONDocument: Sendable {
    let bytes: [UInt8]
    let tokens: [JSONToken]

    init(_ bytes: [UInt8]) throws(JSON.Failure) {
        self.bytes = bytes
        var parser = JSONParser(bytes)
        try parser.parse()
        tokens = parser.tokens
    }

    /// The text of a string or a name.
    func text(_ token: JSONToken) -> String {
        guard token.kind != .escaped else {
            return String(decoding: JSONEscapes.resolved(bytes[token.range]), as: UTF8.self)
        }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            // The parser has seen that it is UTF-8.
            var text = unsafe UTF8Span(unchecked: bytes.extracting(token.range).span)
            // A string remembers that it is ASCII, and is compared sooner then.
            _ = text.checkForASCII()
            return String(copying: text)
        }
    }

    // MARK: Values, by their tokens

    func string(at index: Int) -> String? {
        let token = tokens[index]
        return token.kind == .plain || token.kind == .escaped ? text(token) : nil
    }

    func integer(at index: Int) -> Int64? {
        let token = tokens[index]
        return token.kind == .integer ? Self.integer(bytes[token.range]) : nil
    }

    func digits(at index: Int) -> String? {
        let token = tokens[index]
        guard token.kind == .integer else { return nil }
        let text = text(token)
        // In JSON no other whole number has two spellings.
        return text == "-0" ? "0" : text
    }

    func double(at index: Int) -> Double? {
        let token = tokens[index]
        return token.kind == .integer || token.kind == .real ? Self.real(bytes[token.range]) : nil
    }

    func bool(at index: Int) -> Bool? {
        switch tokens[index].kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    // MARK: Members

    /// A member of an object by its name: which of the members it is, and its value; nil where there is none.
    ///
    /// Byte by byte: to Swift's `==`, texts are the same that Unicode calls equivalent.
    func member(_ name: String, of object: Int) -> (place: Int, index: Int)? {
        guard tokens[object].kind == .object else { return nil }
        let end = Int(tokens[object].next)
        let name = name.utf8Span.span
        var index = object + 1
        var place = 0
        while index < end {
            if isName(tokens[index], name) { return (place, index + 1) }
            index = Int(tokens[index + 1].next)
            place += 1
        }
        return nil
    }

    private func isName(_ token: JSONToken, _ name: Span<UInt8>) -> Bool {
        guard token.kind == .plain else {
            let text = JSONEscapes.resolved(bytes[token.range])
            return text.count == name.count && isSame(text, from: 0, as: name)
        }
        return Int(token.length) == name.count && isSame(bytes, from: Int(token.start), as: name)
    }

    private func isSame(_ text: [UInt8], from start: Int, as name: Span<UInt8>) -> Bool {
        for index in name.indices where text[start + index] != name[index] { return false }
        return true
    }
}
