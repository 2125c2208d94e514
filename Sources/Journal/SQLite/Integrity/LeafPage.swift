import CPages

/// A leaf of a table's tree, taken apart cell by cell: what still holds together, whatever the rest of the page says.
///
/// How a page lies on the disk: https://www.sqlite.org/fileformat2.html#b_tree_pages (read 2026-11-28).
struct LeafPage {
    /// Rows that hold together, in the order of their numbers.
    private(set) var cells: [Cell] = []
    /// How many more the page seems to have had.
    private(set) var lost = 0

    static let usableBytes = Int(PAGES_BYTES - PAGES_SEAL_BYTES)
    private static let headerBytes = 8
    private static let type: UInt8 = 0x0D

    /// A row as it lies in the page.
    struct Cell {
        let row: Int64
        var bytes: [UInt8]
        /// Where what SQLite made of its columns begins in it, and how much of that says what they are.
        let payloadStart: Int
        let recordHeaderBytes: Int
        /// The page on which it goes on; nil where it does not.
        let overflowPage: UInt32?
    }

    /// - Parameters:
    ///   - rows: the numbers that the tree has room for here.
    ///   - isFollowed: whether a page is one that a row of this page may go on in.
    init(_ page: [UInt8], of table: JournalTable, rows: ClosedRange<Int64>, isFollowed: (UInt32) -> Bool) {
        var used: [Range<Int>] = []
        var end = Self.usableBytes
        var at = Self.headerBytes
        var found: [Cell] = []
        while at + 2 <= end {
            let offset = Int(page[at]) << 8 | Int(page[at + 1])
            at += 2
            guard let cell = Self.cell(in: page, at: offset, of: table), rows.contains(cell.row) else { continue }
            guard cell.overflowPage.map(isFollowed) ?? true else { continue }
            let range = offset..<offset + cell.bytes.count
            guard !used.contains(where: { $0.overlaps(range) }) else { continue }
            used.append(range)
            end = min(end, offset)
            found.append(cell)
        }
        cells = Self.longestRise(found)
        let said = Int(page[3]) << 8 | Int(page[4])
        // Where the number of rows is what was changed, nobody knows it.
        lost = max(said <= Self.usableBytes / 6 ? said - cells.count : 0, found.count - cells.count, 0)
    }

    /// Numbers rise from one row to the next: as many as do, for one that was changed most likely does not.
    private static func longestRise(_ cells: [Cell]) -> [Cell] {
        var best: [(length: Int, before: Int?)] = []
        for (index, cell) in cells.enumerated() {
            let before = (0..<index).filter { cells[$0].row < cell.row }.max { best[$0].length < best[$1].length }
            best.append((1 + (before.map { best[$0].length } ?? 0), before))
        }
        var rise: [Cell] = []
        var next = best.indices.max { best[$0].length < best[$1].length }
        while let index = next {
            rise.append(cells[index])
            next = best[index].before
        }
        return rise.reversed()
    }

    /// The page anew, with these rows and nothing else on it.
    static func bytes(of cells: [Cell]) -> [UInt8]? {
        var page = [UInt8](repeating: 0, count: Int(PAGES_BYTES))
        var start = usableBytes
        for (index, cell) in cells.enumerated() {
            start -= cell.bytes.count
            guard start >= headerBytes + 2 * cells.count else { return nil }
            page.replaceSubrange(start..<start + cell.bytes.count, with: cell.bytes)
            page.replaceSubrange(headerBytes + 2 * index..<headerBytes + 2 * index + 2, with: twoBytes(start))
        }
        page[0] = type
        page.replaceSubrange(3..<5, with: twoBytes(cells.count))
        page.replaceSubrange(5..<7, with: twoBytes(start))
        return page
    }

    private static func twoBytes(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    // MARK: Rows

    /// Nil where what is there is not a row of the table from its first byte to its last.
    private static func cell(in page: [UInt8], at offset: Int, of table: JournalTable) -> Cell? {
        var reader = VarintReader(bytes: page, at: offset, end: usableBytes)
        guard let payload = reader.next(), let row = reader.next(), payload <= 1 << 31 else { return nil }
        let start = reader.at
        let local = localBytes(of: Int(payload))
        let overflowStart = start + local
        let end = overflowStart + (local < Int(payload) ? 4 : 0)
        guard end <= usableBytes, let headerBytes = reader.next(), headerBytes <= UInt64(local) else { return nil }
        reader.end = start + Int(headerBytes)
        var types: [UInt64] = []
        while reader.at < reader.end {
            guard let type = reader.next() else { return nil }
            types.append(type)
        }
        let columnBytes = types.reduce(0 as UInt64) { $0 &+ JournalTable.bytes(ofType: $1) }
        guard headerBytes &+ columnBytes == payload, table.hasRows(of: types) else { return nil }
        let overflow = page[overflowStart..<end].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        return Cell(
            row: Int64(bitPattern: row), bytes: Array(page[offset..<end]), payloadStart: start - offset,
            recordHeaderBytes: Int(headerBytes), overflowPage: end > overflowStart ? overflow : nil)
    }

    /// How much of a payload lies in the page itself.
    private static func localBytes(of payload: Int) -> Int {
        guard payload > usableBytes - 35 else { return payload }
        let least = (usableBytes - 12) * 32 / 255 - 23
        let some = least + (payload - least) % (usableBytes - 4)
        return some <= usableBytes - 35 ? some : least
    }
}

extension LeafPage.Cell {
    /// A row that stands for one that was lost: all that can be told of it is its number.
    init(standingFor row: Int64, in table: JournalTable) {
        let record = table.recordOfNothing
        let start = Varint.bytes(UInt64(record.count)) + Varint.bytes(UInt64(bitPattern: row))
        self.init(
            row: row, bytes: start + record, payloadStart: start.count, recordHeaderBytes: Int(record[0]),
            overflowPage: nil)
    }

    /// The row of a commit of which only the end is known.
    init(_ head: CommitHead) {
        let row = UInt64(bitPattern: head.number)
        // A key, three numbers of eight bytes, sixteen bytes and thirty-two.
        let record: [UInt8] =
            [7, 0, 6, 6, 6, 44, 76] + [head.lastEvent, head.lastRequest, 0].flatMap(Self.bigEndian)
            + [UInt8](repeating: 0, count: 16) + head.chain.bytes
        let start = Varint.bytes(UInt64(record.count)) + Varint.bytes(row)
        self.init(
            row: head.number, bytes: start + record, payloadStart: start.count, recordHeaderBytes: Int(record[0]),
            overflowPage: nil)
    }

    private static func bigEndian(_ number: Int64) -> [UInt8] {
        stride(from: 56 as Int64, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// The same row, with each bit set of its columns from a byte of them on, as far as they lie in the page.
    func filled(from byte: Int) -> LeafPage.Cell {
        var filled = self
        let start = payloadStart + recordHeaderBytes + byte
        let end = bytes.count - (overflowPage == nil ? 0 : 4)
        for index in stride(from: start, to: end, by: 1) { filled.bytes[index] = 0xFF }
        return filled
    }
}

/// SQLite's way to write a number in one to nine bytes.
enum Varint {
    /// Of numbers up to 56 bits, which are all that there are here.
    static func bytes(_ number: UInt64) -> [UInt8] {
        var bytes = [UInt8(number & 0x7F)]
        var rest = number >> 7
        while rest > 0 {
            bytes.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
            rest >>= 7
        }
        return bytes
    }
}

/// Reads numbers one after the other, within bounds.
struct VarintReader {
    let bytes: [UInt8]
    var at: Int
    var end: Int

    mutating func next() -> UInt64? {
        var number: UInt64 = 0
        for index in 0..<9 {
            guard at >= 0, at < end else { return nil }
            let byte = bytes[at]
            at += 1
            guard index < 8 else { return number << 8 | UInt64(byte) }
            number = number << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}
