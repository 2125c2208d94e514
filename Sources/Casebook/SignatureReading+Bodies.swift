internal import Model
internal import Wire

extension SignatureReading {
    /// The bodies that may have been signed where this one arrived.
    func otherBodies() -> [Change] {
        var seen: Set<[UInt8]> = [webhook.body]
        return (Self.plainChanges(of: webhook.body) + Self.spellings(of: webhook.body)).compactMap { words, body in
            guard seen.insert(body).inserted else { return nil }
            return Change(words: words) { $0.with(body: body) }
        }
    }

    private typealias Candidate = (words: String, body: [UInt8])

    /// Changes that know nothing of JSON.
    private static func plainChanges(of body: [UInt8]) -> [Candidate] {
        let newline: [UInt8] = [0x0A]
        let carriageReturn: [UInt8] = [0x0D, 0x0A]
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let untilEnd = body.lastIndex { ![0x0A, 0x0D].contains($0) }.map { body.prefix(through: $0) } ?? []
        let isBlank: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        var candidates: [Candidate] = [
            ("the signed body has no line end behind it", Array(untilEnd)),
            ("the signed body has a line end behind it", body + newline),
            ("the signed body has a line end of two characters (CRLF) behind it", body + carriageReturn),
            (
                "the signed body has no white space around it",
                Array(body.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
            ),
            ("the signed body has line ends of one character (LF)", body.replacing(carriageReturn, with: newline)),
            (
                "the signed body has line ends of two characters (CRLF)",
                body.replacing(carriageReturn, with: newline).replacing(newline, with: carriageReturn)
            ),
            (
                "the signed body has no byte order mark",
                body.starts(with: mark) ? Array(body.dropFirst(mark.count)) : body
            ),
            ("the signed body has a byte order mark", mark + body),
            ("the signed body is empty", []),
            (
                "the signed body is this one, taken for Latin-1 and encoded as UTF-8 once more",
                body.flatMap { Array(UTF8.encode(Unicode.Scalar($0)) ?? .init()) }
            ),
        ]
        if let text = String(validating: body, as: UTF8.self) {
            let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
            if bytes.count == text.unicodeScalars.count {
                candidates.append(("the signed body is this one in Latin-1, and not in UTF-8", bytes))
            }
        }
        return candidates
    }

    /// The same document as other programs write it: what a framework or a proxy signs or passes on that parsed it.
    private static func spellings(of body: [UInt8]) -> [Candidate] {
        // What stands around the document goes as well.
        guard let text = try? JSONText(body) else { return [] }
        var candidates: [Candidate] = []
        for sortsNames in [false, true] {
            for escaping in escapings {
                for layout in JSONSpelling.Layout.allCases {
                    let spelling = JSONSpelling(layout: layout, sortsNames: sortsNames, escaping: escaping.value)
                    let order = sortsNames ? ", its members sorted by name" : ""
                    let words = "the signed body is written anew: \(layout.words)\(order)\(escaping.words)"
                    candidates.append((words, spelling.spell(text)))
                }
            }
        }
        return candidates
    }

    private static let escapings: [(value: JSONEscaping?, words: String)] = [
        (nil, ""),
        (JSONEscaping(), ", nothing escaped that need not be"),
        (JSONEscaping(asciiOnly: true), ", all but ASCII escaped"),
        (JSONEscaping(slashes: true), ", slashes escaped"),
        (JSONEscaping(asciiOnly: true, slashes: true), ", slashes and all but ASCII escaped"),
    ]
}

extension JSONSpelling.Layout {
    fileprivate var words: String {
        switch self {
        case .compact: "without white space"
        case .spaced: "with blanks behind commas and colons"
        case .indentedByTwo: "indented by two"
        case .indentedByFour: "indented by four"
        case .indentedByTab: "indented by tabs"
        }
    }
}
