/// Sixteen bytes that name an event or a request for ever: a UUID.
public struct EventID: Sendable, Hashable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// From sixteen bytes, the first one first; nil for any other number of them.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// From its text form, with hyphens, in any case; nil for anything else.
    public init?(_ text: String) {
        let marks = Array(text.utf8)
        guard marks.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, mark) in marks.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard mark == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = mark.hexDigit else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// The sixteen bytes, the first one first.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for half in [high, low] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: half >> shift))
            }
        }
        return bytes
    }
}

extension EventID: Comparable {
    /// The order of their bytes, and of their text.
    public static func < (one: EventID, other: EventID) -> Bool {
        (one.high, one.low) < (other.high, other.low)
    }
}

extension EventID: CustomStringConvertible {
    /// The text form: lower case, with hyphens.
    public var description: String {
        var text = ByteWriter(capacity: 36)
        append(to: &text)
        return String(decoding: text.finish(), as: UTF8.self)
    }

    /// Appends the text form: 36 bytes.
    func append(to text: inout ByteWriter) {
        text.append(fourHexDigitsOf: high >> 48)
        text.append(fourHexDigitsOf: high >> 32)
        text.append(UInt8(ascii: "-"))
        text.append(fourHexDigitsOf: high >> 16)
        text.append(UInt8(ascii: "-"))
        text.append(fourHexDigitsOf: high)
        text.append(UInt8(ascii: "-"))
        text.append(fourHexDigitsOf: low >> 48)
        text.append(UInt8(ascii: "-"))
        text.append(fourHexDigitsOf: low >> 32)
        text.append(fourHexDigitsOf: low >> 16)
        text.append(fourHexDigitsOf: low)
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// In its text form.
extension EventID: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = EventID(text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not an id"))
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
