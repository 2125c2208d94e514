internal import Wire

/// A JSON document as it is spelled: its marks, texts and literals in their order, each with its place in the bytes.
///
/// Where ``JSON`` says what a document means, this says how it is written, so that a piece can be put in the place of
/// another and all else stays as it was, or the whole be spelled in another way.
struct JSONText {
    let bytes: [UInt8]
    let tokens: [Token]

    struct Token {
        let kind: Kind
        /// Where it lies; a text with its quotation marks.
        let range: Range<Int>

        enum Kind: Equatable {
            /// One of `{ } [ ] : ,`.
            case mark(UInt8)
            case string
            /// A number, `true`, `false` or `null`.
            case literal
        }
    }

    /// - Throws: where the bytes are not one JSON document that the gateway takes.
    init(_ bytes: [UInt8]) throws(JSON.Failure) {
        _ = try JSON(bytes)
        self.bytes = bytes
        tokens = Self.scan(bytes)
    }

    private static func scan(_ bytes: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var index = 0
        while index < bytes.count {
            let start = index
            switch bytes[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): index += 1
            case UInt8(ascii: "\""):
                index = endOfString(in: bytes, from: start)
                tokens.append(Token(kind: .string, range: start..<index))
            case let byte where marks.contains(byte):
                index += 1
                tokens.append(Token(kind: .mark(byte), range: start..<index))
            default:
                while index < bytes.count, isOfLiteral(bytes[index]) { index += 1 }
                precondition(index > start, "what the reader took is no JSON")
                tokens.append(Token(kind: .literal, range: start..<index))
            }
        }
        return tokens
    }

    private static let marks = Set("{}[]:,".utf8)

    private static func isOfLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func endOfString(in bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }

    func spelling(of token: Token) -> [UInt8] {
        Array(bytes[token.range])
    }

    /// What a text says, its escapes undone.
    func string(_ token: Token) -> String {
        let array = [UInt8(ascii: "[")] + bytes[token.range] + [UInt8(ascii: "]")]
        guard let text = try? JSON(array).elements.first?.string else {
            preconditionFailure("a text of a document that was parsed is none")
        }
        return text
    }
}

/// How a text is escaped beyond what JSON asks for.
struct JSONEscaping: Equatable {
    /// Nothing but ASCII, as Python and PHP write unless told otherwise.
    var asciiOnly = false
    /// `\/`, as PHP writes unless told otherwise.
    var slashes = false

    init(asciiOnly: Bool = false, slashes: Bool = false) {
        self.asciiOnly = asciiOnly
        self.slashes = slashes
    }

    /// As a text is escaped already.
    init(of spelling: [UInt8]) {
        slashes = !spelling.ranges(of: Array("\\/".utf8)).isEmpty
        asciiOnly = spelling.allSatisfy { $0 < 0x80 } && !spelling.ranges(of: Array("\\u".utf8)).isEmpty
    }

    func quoted(_ text: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
            case "\u{08}": bytes += Array("\\b".utf8)
            case "\t": bytes += Array("\\t".utf8)
            case "\n": bytes += Array("\\n".utf8)
            case "\u{0C}": bytes += Array("\\f".utf8)
            case "\r": bytes += Array("\\r".utf8)
            case "/" where slashes: bytes += Array("\\/".utf8)
            case _ where scalar.value < 0x20 || (asciiOnly && !scalar.isASCII):
                for unit in UTF16.encode(scalar) ?? .init() { bytes += Self.escaped(unit) }
            default: bytes += Array(UTF8.encode(scalar) ?? .init())
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }

    private static func escaped(_ unit: UInt16) -> [UInt8] {
        Array("\\u".utf8) + Array(Hex.encode([UInt8(unit >> 8), UInt8(unit & 0xFF)]).utf8)
    }
}
