/// What a backslash in a JSON string stands for. It is asked of strings that were found to be well-formed.
enum JSONEscapes {
    /// The character that a one-letter escape stands for; nil for `u` and for anything that is no escape.
    static func character(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// Four hexadecimal digits as a number; nil where they are none.
    static func unit(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard digits.count == 4 else { return nil }
        var unit: UInt32 = 0
        for digit in digits {
            guard let value = digit.hexadecimalDigit else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        return unit
    }

    /// The text of a string, each escape replaced by what it stands for.
    static func resolved(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var rest = content
        while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
            text.append(contentsOf: rest[..<backslash])
            rest = rest[(backslash + 1)...]
            if let letter = rest.popFirst(), let character = character(letter) {
                text.append(character)
            } else {
                append(takeScalar(from: &rest), to: &text)
            }
        }
        text.append(contentsOf: rest)
        return text
    }

    /// The scalar whose escape goes on behind `\u`: four digits, or a pair of surrogates.
    private static func takeScalar(from rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let high = unit(rest.prefix(4)) else { return nil }
        rest = rest.dropFirst(4)
        guard high & 0xFC00 == 0xD800 else { return Unicode.Scalar(high) }
        guard let low = unit(rest.dropFirst(2).prefix(4)) else { return nil }
        rest = rest.dropFirst(6)
        return Unicode.Scalar(0x1_0000 + (high & 0x3FF) << 10 + low & 0x3FF)
    }

    private static func append(_ scalar: Unicode.Scalar?, to text: inout [UInt8]) {
        guard let scalar else { return }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
}
