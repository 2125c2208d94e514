/// Eight bytes of a text, the first one lowest, that are looked at in one step.
///
/// What is found is told as a bit for each byte, its highest: the lowest bit that is set is right, and what is set above it
/// says nothing. Subtracting borrows into a byte's highest bit just where the byte is smaller than what is taken off, and
/// borrows that go further come from a byte that is found before.
struct EightBytes {
    let word: UInt64

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highest: UInt64 = 0x8080_8080_8080_8080

    /// Those that are smaller than a limit, which is no more than 128.
    func below(_ limit: UInt8) -> UInt64 {
        (word &- Self.ones &* UInt64(limit)) & ~word & Self.highest
    }

    /// Those that are the same as a byte of ASCII.
    func equal(to byte: UInt8) -> UInt64 {
        EightBytes(word: word ^ Self.ones &* UInt64(byte)).below(1)
    }

    /// Those that are no ASCII.
    var beyondASCII: UInt64 { word & Self.highest }
}
