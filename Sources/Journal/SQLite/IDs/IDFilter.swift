import Model

/// Says of most ids that are not in a segment that they are not, at the price of ten bits for each that is.
///
/// A Bloom filter of small blocks: an id sets and asks eight bits that lie side by side, so that a question costs one look
/// at memory. About one id in a hundred that is not there seems to be. Ids are made by a digest, so their own bits serve.
struct IDFilter: Sendable {
    /// Four words for each block.
    private var words: [UInt64]
    private let blockCount: UInt64

    private static let idsPerBlock = 24
    private static let wordsPerBlock = 4

    /// A filter with nothing in it, and with room for so many ids.
    init(capacity: Int) {
        let blocks = max(1, (capacity + Self.idsPerBlock - 1) / Self.idsPerBlock)
        words = Array(repeating: 0, count: blocks * Self.wordsPerBlock)
        blockCount = UInt64(blocks)
    }

    /// A filter from its bytes; nil where they are none.
    init?(bytes: [UInt8]) {
        let blockBytes = Self.wordsPerBlock * 8
        guard !bytes.isEmpty, bytes.count.isMultiple(of: blockBytes) else { return nil }
        words = unsafe bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: buffer.count, by: 8).map {
                unsafe UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
            }
        }
        blockCount = UInt64(bytes.count / blockBytes)
    }

    /// The words one after the other, the low byte of each first.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * 8)
        for word in words {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    mutating func insert(_ id: EventID) {
        let start = start(of: id)
        for word in 0..<Self.wordsPerBlock { words[start + word] |= Self.mask(of: id, word) }
    }

    /// False: it is not in the segment. True: it most likely is.
    func mayHold(_ id: EventID) -> Bool {
        let start = start(of: id)
        for word in 0..<Self.wordsPerBlock {
            let mask = Self.mask(of: id, word)
            guard words[start + word] & mask == mask else { return false }
        }
        return true
    }

    private func start(of id: EventID) -> Int {
        Int(id.high.multipliedFullWidth(by: blockCount).high) * Self.wordsPerBlock
    }

    /// One bit in each half of the word, chosen by five bits of the id each.
    private static func mask(of id: EventID, _ word: Int) -> UInt64 {
        let choice = id.low >> UInt64(word * 10)
        return 1 << (choice & 31) | 1 << (32 + (choice >> 5 & 31))
    }
}
