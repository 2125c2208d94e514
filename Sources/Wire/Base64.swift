/// Base64 by RFC 4648, standard alphabet.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    private static let noDigit = UInt8.max
    /// What each byte stands for as a digit.
    private static let values = {
        var values = [UInt8](repeating: noDigit, count: 256)
        for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

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
        for _ in 0..<2 where digits.last == padding { digits = digits.dropLast() }
        return decode(digits: digits)
    }

    /// Leniently: what is not of the alphabet is passed over, and padding may be missing.
    ///
    /// Vendors publish keys that only such a decoder reads.
    public static func decodeLeniently(_ text: String) -> [UInt8]? {
        decode(digits: text.utf8.filter { values[Int($0)] != noDigit }[...])
    }

    private static func decode(digits: ArraySlice<UInt8>) -> [UInt8]? {
        let values = values
        var isWhole = false
        let bytes = [UInt8](atMost: digits.count * 3 / 4) { bytes in
            // All values together: a digit's has six bits, and ``noDigit`` has all eight.
            var seen: UInt8 = 0
            var index = digits.startIndex
            while digits.endIndex - index >= 4 {
                let (first, second) = (values[Int(digits[index])], values[Int(digits[index + 1])])
                let (third, fourth) = (values[Int(digits[index + 2])], values[Int(digits[index + 3])])
                seen |= first | second | third | fourth
                bytes.append(first << 2 | second >> 4)
                bytes.append(second << 4 | third >> 2)
                bytes.append(third << 6 | fourth)
                index += 4
            }
            var bits: UInt32 = 0
            var bitCount = 0
            for digit in digits[index...] {
                let value = values[Int(digit)]
                seen |= value
                bits = bits << 6 | UInt32(value)
                bitCount += 6
                guard bitCount >= 8 else { continue }
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
                bits &= 1 << UInt32(bitCount) - 1
            }
            isWhole = seen < 64 && bitCount < 6 && bits == 0
        }
        return isWhole ? bytes : nil
    }
}
