import Model

/// Says of most ids that are not in a segment that they are not, at the price of 21 bits for each that is.
///
/// A Bloom filter of small blocks: an id sets and asks eight bits that lie side by side, so that a question costs one look
/// at memory. About one id in 3,300 that is not there seems to be: each of those has pages read from the file, and a large
/// journal asks a dozen filters for every id. Ids are made by a digest, so their own bits serve.
///
/// It is asked in an ``IDFilterBank``.
struct IDFilter: Sendable {
    /// What an id sets, and is asked by, in one block of every filter.
    struct Mark {
        let bits: SIMD4<UInt64>
        private let high: UInt64

        /// In each half of the four words one bit, chosen by five bits of the id each.
        init(of id: EventID) {
            let choices = SIMD4(repeating: id.low) &>> SIMD4(0, 10, 20, 30)
            high = id.high
            bits = 1 &<< (choices & 31) | 1 &<< (32 &+ (choices &>> 5) & 31)
        }

        /// Which of so many blocks it is about.
        func block(of count: Int) -> Int {
            Int(high.multipliedFullWidth(by: UInt64(count)).high)
        }
    }

    private(set) var blocks: [SIMD4<UInt64>]

    private static let idsPerBlock = 12
    private static let blockBytes = 32

    /// A filter with nothing in it, and with room for so many ids.
    ///
    /// It is rounded up by an eighth at most, so that segments of about one size have filters of one size.
    init(capacity: Int) {
        let needed = capacity / Self.idsPerBlock + 1
        let step = max(1, (1 << (Int.bitWidth - 1 - needed.leadingZeroBitCount)) / 8)
        blocks = Array(repeating: .zero, count: (needed + step - 1) / step * step)
    }

    /// A filter from its bytes, with as many ids in a block as it was made for; nil where they are none.
    init?(bytes: [UInt8]) {
        guard !bytes.isEmpty, bytes.count.isMultiple(of: Self.blockBytes) else { return nil }
        blocks = unsafe bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: buffer.count, by: Self.blockBytes).map { start in
                func word(at place: Int) -> UInt64 {
                    unsafe UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: start + place, as: UInt64.self))
                }
                return SIMD4(word(at: 0), word(at: 8), word(at: 16), word(at: 24))
            }
        }
    }

    /// The words one after the other, the low byte of each first.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(blocks.count * Self.blockBytes)
        for block in blocks {
            for word in block.indices {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: block[word] >> shift))
                }
            }
        }
        return bytes
    }

    mutating func insert(_ entries: [IDEntry]) {
        for entry in entries {
            let mark = Mark(of: entry.id)
            blocks[mark.block(of: blocks.count)] |= mark.bits
        }
    }
}
