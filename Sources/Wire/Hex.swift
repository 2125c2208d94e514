/// Hexadecimal digits, two a byte.
public enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// In lower case.
    public static func encode(_ bytes: [UInt8]) -> String {
        let digits = digits
        return unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            for (index, byte) in bytes.enumerated() {
                unsafe text[2 * index] = digits[Int(byte >> 4)]
                unsafe text[2 * index + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// In either case; nil where anything else stands in the text, or half a byte.
    public static func decode(_ text: String) -> [UInt8]? {
        let marks = Array(text.utf8)
        guard marks.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(marks.count / 2)
        for index in stride(from: 0, to: marks.count, by: 2) {
            guard let high = marks[index].hexadecimalDigit, let low = marks[index + 1].hexadecimalDigit else {
                return nil
            }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
