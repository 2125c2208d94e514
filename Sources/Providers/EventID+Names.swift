internal import Model
internal import Wire

extension EventID {
    /// The namespace of every name below: a UUID drawn once, and never to change.
    private static let namespace = EventID(high: 0x6D6F_6761_7465_4A8E, low: 0x9C51_E0D3_27B4_F16A)

    /// UUID version 5 (RFC 9562) over parts of a name, each of which is told apart from its neighbours.
    init(name parts: [String]) {
        var bytes = Self.namespace.bytes
        for part in parts {
            bytes.append(contentsOf: part.utf8)
            bytes.append(0)
        }
        self.init(stamped: Digest.sha1(bytes).prefix(16), version: 5)
    }

    /// UUID version 7 (RFC 9562): milliseconds first, then what tells the request apart, by its digest and not by chance.
    init(requestAt instant: Instant, of source: String, bodyDigest: [UInt8]) {
        let milliseconds = UInt64(max(0, instant.microseconds / 1_000))
        let basis = Array(source.utf8) + [0] + Array(String(instant.microseconds).utf8) + [0] + bodyDigest
        let time = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> UInt64(40 - 8 * $0)) }
        self.init(stamped: time + Digest.sha256(basis).prefix(10), version: 7)
    }

    /// Sixteen bytes with the version and the variant written over six of their bits.
    private init(stamped bytes: some Collection<UInt8>, version: UInt64) {
        let halves = bytes.enumerated().reduce(into: (high: UInt64(0), low: UInt64(0))) { halves, next in
            if next.offset < 8 {
                halves.high = halves.high << 8 | UInt64(next.element)
            } else {
                halves.low = halves.low << 8 | UInt64(next.element)
            }
        }
        self.init(
            high: halves.high & ~0xF000 | version << 12,
            low: halves.low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}
