/// Eight bytes of a text in one number, the first one lowest, so that all are looked at in one step.
///
/// A search answers with a number in which a byte's highest bit marks it as found. Only the lowest mark is certain:
/// subtracting marks a byte that is smaller than what is taken off, and borrows from the byte above, which may be marked
/// by that alone.
struct EightBytes {
    let word: UInt64

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highest: UInt64 = 0x8080_8080_8080_8080

    /// Marks those that are smaller than a limit, which is at most 128.
    func below(_ limit: UInt8) -> UInt64 {
        (word &- Self.ones &* UInt64(limit)) & ~word & Self.highest
    }

    /// Marks those that are this byte of ASCII.
    func equal(to byte: UInt8) -> UInt64 {
        EightBytes(word: word ^ Self.ones &* UInt64(byte)).below(1)
    }

    /// Marks those that are no ASCII; here every mark is certain.
    var beyondASCII: UInt64 { word & Self.highest }
}
