/// Reads what a proxy says before anything else about whom it speaks for: the PROXY protocol, versions 1 and 2, strictly.
///
/// <https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt> (read 2026-11-28). As with ``HTTPRequestReader``, what is
/// read depends on the bytes alone, and not a byte behind the header is taken.
public struct ProxyHeaderReader: Sendable {
    /// What came of the bytes that were read.
    public enum Step: Sendable, Equatable {
        case needsMore
        /// The sender's address as text, without a port; nil where the proxy speaks for itself.
        case complete(sender: String?)
        /// The bytes are no header.
        case malformed
    }

    /// The longest line of version 1, with its end.
    private static let lineBytesMax = 107
    /// The longest header of version 2 that is taken: its addresses and a few hundred bytes of whatever else.
    private static let headerBytesMax = 536
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    private static let prefix = Array("PROXY ".utf8)

    private var bytes: [UInt8] = []

    public init() {}

    /// Reads up to the end of the header and no further.
    public mutating func read(_ input: Span<UInt8>) -> (consumed: Int, step: Step) {
        for index in input.indices {
            bytes.append(input[index])
            let step = bytes[0] == Self.signature[0] ? binaryStep : lineStep
            if step != .needsMore { return (index + 1, step) }
        }
        return (input.count, .needsMore)
    }

    // MARK: Version 1: a line of text

    private var lineStep: Step {
        let start = min(bytes.count, Self.prefix.count)
        guard bytes[..<start].elementsEqual(Self.prefix[..<start]) else { return .malformed }
        guard bytes.last == UInt8(ascii: "\n") else {
            return bytes.count < Self.lineBytesMax ? .needsMore : .malformed
        }
        guard bytes.suffix(2).first == UInt8(ascii: "\r"), bytes.allSatisfy({ $0 < 128 }) else { return .malformed }
        let words = String(decoding: bytes.dropLast(2), as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        if words.count > 1, words[1] == "UNKNOWN" { return .complete(sender: nil) }
        guard words.count == 6, words[1] == "TCP4" || words[1] == "TCP6",
            words[4...].allSatisfy({ UInt16($0) != nil && $0.utf8.allSatisfy { $0 != UInt8(ascii: "+") } })
        else { return .malformed }
        return .complete(sender: String(words[2]))
    }

    // MARK: Version 2: a header of numbers

    private var binaryStep: Step {
        let start = min(bytes.count, Self.signature.count)
        guard bytes[..<start].elementsEqual(Self.signature[..<start]) else { return .malformed }
        guard bytes.count >= 16 else { return .needsMore }
        let count = 16 + (Int(bytes[14]) << 8 | Int(bytes[15]))
        guard count <= Self.headerBytesMax else { return .malformed }
        guard bytes.count == count else { return .needsMore }
        switch (bytes[12], bytes[13] >> 4) {
        case (0x20, _), (0x21, 0): return .complete(sender: nil)
        case (0x21, 1) where count >= 28:
            return .complete(sender: bytes[16..<20].map(String.init).joined(separator: "."))
        case (0x21, 2) where count >= 52:
            let groups = stride(from: 16, to: 32, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
            return .complete(sender: groups.map { String($0, radix: 16) }.joined(separator: ":"))
        default: return .malformed
        }
    }
}
