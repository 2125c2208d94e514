/// Text from outside, made fit to be shown: what ends a line, moves a cursor or turns the direction of a text is spelled
/// out as JSON does.
enum PrintableText {
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
            case _ where scalar.properties.generalCategory.isUnprintable:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    bytes += Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
                }
            default: bytes += Array(String(scalar).utf8)
            }
        }
        return bytes
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
