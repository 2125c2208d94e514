/// Text from outside, made fit to be shown: what ends a line, moves a cursor or turns the direction of a text is spelled
/// out as JSON does.
public enum PrintableText {
    /// What is to stand on one line, such as a cell of a table.
    public static func line(_ text: String) -> String {
        spelled(text) { _ in false }
    }

    /// What may have lines, which stay; and so do tabs.
    public static func lines(_ text: String) -> String {
        spelled(text) { $0 == "\n" || $0 == "\t" }
    }

    private static func spelled(_ text: String, except isLeft: (Unicode.Scalar) -> Bool) -> String {
        // As nearly all text is.
        guard !text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return text }
        var spelled = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory.isUnprintable, !isLeft(scalar) {
                spelled.append(contentsOf: escape(scalar).unicodeScalars)
            } else {
                spelled.append(scalar)
            }
        }
        return String(spelled)
    }

    /// The text in JSON's spelling, cut where it would be longer.
    static func bytes(of text: String, atMost bytesMax: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard bytes.count < bytesMax else {
                bytes += Array("…".utf8)
                break
            }
            switch scalar {
            case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
            case _ where scalar.properties.generalCategory.isUnprintable: bytes += Array(escape(scalar).utf8)
            default: bytes += Array(String(scalar).utf8)
            }
        }
        return bytes
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        .joined()
    }
}

extension Unicode.GeneralCategory {
    /// Controls, and what turns the direction of a text or has no look of its own.
    fileprivate var isUnprintable: Bool {
        switch self {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
