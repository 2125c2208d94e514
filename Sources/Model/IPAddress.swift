/// An address of the internet protocol, read strictly from its usual spelling.
///
/// An IPv4 address that is written as IPv6, as a socket for both tells it (`::ffff:192.0.2.1`), is the IPv4 address.
public struct IPAddress: Sendable, Hashable {
    // By halves: for a number of 128 bits, whatever holds it is given memory by the long way, for its alignment.
    private let upperBits: UInt64
    private let lowerBits: UInt64
    /// 32 for IPv4, 128 for IPv6.
    let width: Int

    init(bits: UInt128, width: Int) {
        let isMapped = width == 128 && bits >> 32 == 0xFFFF
        upperBits = isMapped ? 0 : UInt64(truncatingIfNeeded: bits >> 64)
        lowerBits = UInt64(truncatingIfNeeded: isMapped ? bits & 0xFFFF_FFFF : bits)
        self.width = isMapped ? 32 : width
    }

    /// The address as a number; of IPv4 the lower 32 bits.
    var bits: UInt128 { UInt128(upperBits) << 64 | UInt128(lowerBits) }

    public init(v4 bits: UInt32) {
        self.init(bits: UInt128(bits), width: 32)
    }

    public init(v6 bits: UInt128) {
        self.init(bits: bits, width: 128)
    }

    /// Nil for anything else than an address in numbers: no name, no port, no brackets, no zone.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        if let bits = Self.four(text.utf8) {
            self.init(bits: UInt128(bits), width: 32)
        } else if let bits = Self.six(text) {
            self.init(bits: bits, width: 128)
        } else {
            return nil
        }
    }

    public var isV4: Bool { width == 32 }

    /// Whether it is the machine's own.
    public var isLoopback: Bool { width == 32 ? bits >> 24 == 127 : bits == 1 }

    /// Who is likely behind it: an IPv4 address is one customer's, and of IPv6 a customer has 64 bits to choose from.
    public var clientPrefix: IPAddress {
        width == 32 ? self : IPAddress(bits: (bits >> 64) << 64, width: 128)
    }

    /// Four numbers in decimal, without zeros in front, which some read as octal.
    private static func four(_ text: some Sequence<UInt8>) -> UInt32? {
        var bits: UInt32 = 0
        var parts = 1
        var number: UInt32 = 0
        var digits = 0
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, parts < 4 else { return nil }
                bits = bits << 8 | number
                (parts, number, digits) = (parts + 1, 0, 0)
            } else {
                guard byte.isDecimalDigit, digits == 0 || number > 0 else { return nil }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard number <= 255 else { return nil }
            }
        }
        guard parts == 4, digits > 0 else { return nil }
        return bits << 8 | number
    }

    /// Eight groups of up to four digits, of which `::` may stand for some that are zero.
    private static func six(_ text: String) -> UInt128? {
        var sides: [[UInt16]] = [[]]
        // Seven colons and `::` at one end make nine parts at most.
        let parts = text.split(separator: ":", maxSplits: 9, omittingEmptySubsequences: false)
        guard (3...9).contains(parts.count) else { return nil }
        for (index, part) in parts.enumerated() {
            let isAtEnd = index == 0 || index == parts.count - 1
            if part.isEmpty {
                // At an end it is one half of a `::` there.
                if isAtEnd {
                    guard parts[index == 0 ? 1 : index - 1].isEmpty else { return nil }
                    continue
                }
                guard sides.count == 1 else { return nil }
                sides.append([])
            } else if index == parts.count - 1, let four = four(part.utf8) {
                sides[sides.count - 1] += [UInt16(four >> 16), UInt16(truncatingIfNeeded: four)]
            } else {
                guard part.utf8.count <= 4, part.utf8.allSatisfy(\.isHexadecimalDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                sides[sides.count - 1].append(group)
            }
        }
        let count = sides.reduce(0) { $0 + $1.count }
        guard sides.count == 1 ? count == 8 : count < 8 else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - count)
        return (sides[0] + zeros + (sides.count == 1 ? [] : sides[1])).reduce(0) { $0 << 16 | UInt128($1) }
    }
}

/// A range of addresses, such as `192.0.2.0/24` or `2001:db8::/32`; an address alone is a range of one.
public struct IPNetwork: Sendable, Hashable {
    private let start: IPAddress
    private let prefixLength: Int

    /// Nil where it is no range, or where its address lies within the range rather than at its start.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let start = IPAddress(first) else { return nil }
        var prefixLength = start.width
        if parts.count == 2 {
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy(\.isDecimalDigit), let length = Int(parts[1]),
                length <= start.width
            else { return nil }
            prefixLength = length
        }
        self.start = start
        self.prefixLength = prefixLength
        guard start.bits == (start.bits >> hostBits) << hostBits else { return nil }
    }

    public func contains(_ address: IPAddress) -> Bool {
        address.width == start.width && (address.bits ^ start.bits) >> hostBits == 0
    }

    /// Whether any address is in both.
    public func overlaps(_ other: IPNetwork) -> Bool {
        contains(other.start) || other.contains(start)
    }

    private var hostBits: Int { start.width - prefixLength }
}

/// For tables in the sources: what is no range there is our own mistake.
extension IPNetwork: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        guard let network = IPNetwork(text) else { preconditionFailure("\(text) is no range of addresses") }
        self = network
    }
}

extension UInt8 {
    fileprivate var isDecimalDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

    fileprivate var isHexadecimalDigit: Bool {
        isDecimalDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self || UInt8(ascii: "A")...UInt8(ascii: "F") ~= self
    }
}
