internal import Model
internal import Wire

extension EventID {
    /// The namespace of every name below: a UUID drawn once, and never to change.
    private static let namespace = EventID(high: 0x6D6F_6761_7465_4A8E, low: 0x9C51_E0D3_27B4_F16A)

    /// UUID version 5 (RFC 9562) over an event's name: these parts, each with a zero byte behind it.
    ///
    /// Their order below never changes: the same callback has to get the same id for ever.
    init(provider: String, source: String, id: String, type: String, details: [String]) {
        var name = SHA1Stream()
        name.add(Self.namespace.high)
        name.add(Self.namespace.low)
        name.add(terminated: provider)
        name.add(terminated: source)
        name.add(terminated: id)
        name.add(terminated: type)
        for detail in details { name.add(terminated: detail) }
        let (high, low) = name.finish()
        self.init(stamping: high, low, version: 5)
    }

    /// UUID version 7 (RFC 9562): milliseconds first, then what tells the request apart, by its digest and not by chance.
    init(requestAt instant: Instant, of source: String, bodyDigest: [UInt8]) {
        var basis = SHA256Stream()
        basis.add(source)
        basis.add([0])
        basis.add(String(instant.microseconds))
        basis.add([0])
        basis.add(bodyDigest)
        let (first, second, _, _) = basis.finish()
        let milliseconds = UInt64(max(0, instant.microseconds / 1_000))
        // The digest's first ten bytes stand behind six bytes of time.
        self.init(stamping: milliseconds << 16 | first >> 48, first << 16 | second >> 48, version: 7)
    }

    /// Sixteen bytes with the version and the variant written over six of their bits.
    private init(stamping high: UInt64, _ low: UInt64, version: UInt64) {
        self.init(high: high & ~0xF000 | version << 12, low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}
