/// The words that mean stop, start and help when a message consists of nothing else.
public struct KeywordPack: Sendable, Equatable {
    /// Words as ``spelling(of:)`` has them, and what each asks for.
    public let words: [String: Keyword.Action]

    /// - Parameter words: in any spelling; what comes to nothing is left out.
    public init(words: [String: Keyword.Action]) {
        let spelled = words.map { (Self.spelling(of: $0.key), $0.value) }.filter { !$0.0.isEmpty }
        self.words = Dictionary(spelled) { _, last in last }
    }

    /// Both packs together; where they differ, the other one's word wins.
    public func merging(_ other: KeywordPack) -> KeywordPack {
        KeywordPack(words: words.merging(other.words) { _, added in added })
    }

    /// What a word and a message that consists of it have in common: without case, without blanks, full stops, commas,
    /// exclamation marks and quotation marks around it, without what nobody sees, and with one blank between its parts.
    public static func spelling(of text: String) -> String {
        text.visible.trimmed { $0.isWhitespace || ignoredMarks.contains($0) }
            .split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
    }

    private static let ignoredMarks: Set<Character> = [".", "…", ",", "!", "\"", "'", "“", "”", "‘", "’", "«", "»"]
}

extension String {
    /// Without what has no width, as phones and their keyboards put it there, and without the mark that stands for an
    /// attachment.
    fileprivate var visible: String {
        guard !utf8.allSatisfy({ $0 < 0x80 }) else { return self }
        let seen = unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint && $0 != "\u{FFFC}" }
        return String(String.UnicodeScalarView(seen))
    }

    fileprivate func trimmed(_ isIgnored: (Character) -> Bool) -> Substring {
        guard let start = firstIndex(where: { !isIgnored($0) }), let last = lastIndex(where: { !isIgnored($0) }) else {
            return ""
        }
        return self[start...last]
    }
}
