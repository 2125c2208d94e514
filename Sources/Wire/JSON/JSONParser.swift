/// Reads a document in one pass: each byte is looked at once, and nothing but tokens is made of it.
///
/// It is strict: RFC 8259 to the letter, in UTF-8, an object or an array at the top, and no name twice in an object.
struct JSONParser {
    let bytes: [UInt8]
    var position = 0
    private(set) var tokens: [JSONToken] = []
    /// The tokens of the objects and arrays that are not at their end yet.
    private var open: [Int] = []
    private var awaited = Awaited.top

    private enum Awaited {
        /// The object or array that is the document.
        case top
        case value
        /// A name or the end of an object that has no member yet.
        case firstName
        case name
        /// A value or the end of an array that has no element yet.
        case firstElement
        /// What follows a member or an element.
        case separator
        /// Nothing but white space.
        case nothing
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // Most documents have a token for every dozen bytes or so.
        tokens.reserveCapacity(bytes.count / 12 + 8)
        open.reserveCapacity(8)
    }

    mutating func parse() throws(JSON.Failure) {
        guard bytes.count <= Int(UInt32.max) else { throw failure("larger than can be read") }
        while true {
            skipBlanks()
            guard position < bytes.count else {
                guard awaited == .nothing else { throw failure("it ends too early") }
                return
            }
            try take(bytes[position])
        }
    }

    private mutating func take(_ byte: UInt8) throws(JSON.Failure) {
        switch (awaited, byte) {
        case (.top, UInt8(ascii: "{")), (.top, UInt8(ascii: "[")): try value(byte)
        case (.top, _): throw failure("an object or an array is expected")
        case (.firstName, UInt8(ascii: "}")), (.firstElement, UInt8(ascii: "]")): try close()
        case (.firstName, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")): try name()
        case (.firstName, _): throw failure("a name or } is expected")
        case (.name, _): throw failure("a name is expected")
        case (.value, _), (.firstElement, _): try value(byte)
        case (.separator, UInt8(ascii: ",")):
            position += 1
            awaited = isInObject ? .name : .value
        case (.separator, UInt8(ascii: "}")) where isInObject, (.separator, UInt8(ascii: "]")) where !isInObject:
            try close()
        case (.separator, _): throw failure(isInObject ? ", or } is expected" : ", or ] is expected")
        case (.nothing, _): throw failure("there is more behind its end")
        }
    }

    func failure(_ reason: String) -> JSON.Failure {
        JSON.Failure(reason: reason, offset: position)
    }

    private var isInObject: Bool {
        open.last.map { tokens[$0].kind == .object } ?? false
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    // MARK: Values

    private mutating func value(_ byte: UInt8) throws(JSON.Failure) {
        switch byte {
        case UInt8(ascii: "\""): add(try string())
        case UInt8(ascii: "{"): return try begin(.object, awaiting: .firstName)
        case UInt8(ascii: "["): return try begin(.array, awaiting: .firstElement)
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        case UInt8(ascii: "n"): try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): add(try number())
        default: throw failure("a value is expected")
        }
        awaited = .separator
    }

    private mutating func add(_ token: JSONToken) {
        tokens.append(token)
    }

    /// A token that nothing lies in, from there to here.
    func token(_ kind: JSONToken.Kind, from start: Int, to end: Int) -> JSONToken {
        JSONToken(
            kind: kind, start: UInt32(start), length: UInt32(end - start), next: UInt32(tokens.count + 1))
    }

    private mutating func word(_ word: StaticString, _ kind: JSONToken.Kind) throws(JSON.Failure) {
        let start = position
        for byte in word.description.utf8 {
            guard position < bytes.count, bytes[position] == byte else { throw failure("a value is expected") }
            position += 1
        }
        add(token(kind, from: start, to: position))
    }

    private mutating func name() throws(JSON.Failure) {
        let start = position
        let token = try string()
        guard token.kind == .plain || !JSONEscapes.resolved(bytes[token.range]).contains(0) else {
            position = start
            throw failure("NUL in a name")
        }
        add(token)
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw failure(": is expected") }
        position += 1
        awaited = .value
    }

    // MARK: What holds others

    private mutating func begin(_ kind: JSONToken.Kind, awaiting first: Awaited) throws(JSON.Failure) {
        guard open.count < JSON.depthMax else { throw failure("nested too deeply") }
        open.append(tokens.count)
        add(token(kind, from: position, to: position))
        position += 1
        awaited = first
    }

    private mutating func close() throws(JSON.Failure) {
        position += 1
        let index = open.removeLast()
        tokens[index].length = UInt32(position) - tokens[index].start
        tokens[index].next = UInt32(tokens.count)
        if tokens[index].kind == .object { try refuseDuplicates(in: index) }
        awaited = open.isEmpty ? .nothing : .separator
    }
}
