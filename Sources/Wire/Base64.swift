/// Base64 by RFC 4648, standard alphabet.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// With padding.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
            for position in 0..<4 {
                text.append(position <= count ? alphabet[Int(group >> UInt32(18 - 6 * position) & 63)] : padding)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Strictly: the alphabet alone, whole groups of four, padding where it belongs, no bits left over.
    public static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8)[...])
    }

    /// The same, of a text's bytes.
    public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var digits = text
        for _ in 0..<2 where digits.last == padding { digits.removeLast() }
        return decode(digits: digits)
    }

    /// Leniently: what is not of the alphabet is passed over, and padding may be missing.
    ///
    /// Vendors publish keys that only such a decoder reads.
    public static func decodeLeniently(_ text: String) -> [UInt8]? {
        decode(digits: text.utf8.filter { value(of: $0) != nil }[...])
    }

    private static func decode(digits: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var bitCount = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= (1 << UInt32(bitCount)) - 1
            }
        }
        return bitCount < 6 && bits == 0 ? bytes : nil
    }

    private static func value(of mark: UInt8) -> UInt8? {
        switch mark {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): mark - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): mark - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): mark - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
