import Model

/// Segments and their blocks in the database.
///
/// A segment is a sorted run of ids that never changes, cut into blocks. It counts from the moment its row is there; blocks
/// without one are left from a segment that was not finished, or that is not needed any more.
final class IDShelf {
    /// What is known of a segment without reading its blocks.
    struct Place: Equatable {
        let number: Int64
        /// How often its ids were merged: each level has about eight times as many in a segment as the one below.
        let level: Int
        /// The events whose ids it holds.
        let sequences: ClosedRange<Int64>
        let count: Int

        var blockCount: Int { (count + IDBlock.entriesMax - 1) / IDBlock.entriesMax }

        /// The same with so many ids in it.
        func holding(_ count: Int) -> Place {
            Place(number: number, level: level, sequences: sequences, count: count)
        }
    }

    private let listPlaces: Statement
    private let findFilter: Statement
    private let insertSegment: Statement
    private let removeSegment: Statement
    private let findBlock: Statement
    private let insertBlock: Statement
    private let removeBlocks: Statement
    private let findBlockFrom: Statement
    private let findLastBlock: Statement

    /// A block's row is numbered by its segment and its place in it.
    private static let placeBits: Int64 = 24
    private static let countMax = Int64(IDBlock.entriesMax) << placeBits

    init(_ database: Database) throws(JournalError) {
        listPlaces = try database.prepare(
            "SELECT number, level, first_sequence, last_sequence, count FROM id_segments ORDER BY number")
        findFilter = try database.prepare("SELECT filter FROM id_segments WHERE number = ?1")
        insertSegment = try database.prepare(
            """
            INSERT INTO id_segments(number, level, first_sequence, last_sequence, count, filter)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """)
        removeSegment = try database.prepare("DELETE FROM id_segments WHERE number = ?1")
        findBlock = try database.prepare("SELECT entries FROM id_blocks WHERE id = ?1")
        insertBlock = try database.prepare("INSERT OR REPLACE INTO id_blocks(id, entries) VALUES (?1, ?2)")
        removeBlocks = try database.prepare("DELETE FROM id_blocks WHERE id >= ?1 AND id < ?2")
        findBlockFrom = try database.prepare("SELECT id FROM id_blocks WHERE id >= ?1 ORDER BY id LIMIT 1")
        findLastBlock = try database.prepare("SELECT max(id) FROM id_blocks WHERE id < ?1")
    }

    // MARK: Segments

    func places() throws(JournalError) -> [Place] {
        defer { listPlaces.reset() }
        var places: [Place] = []
        while try listPlaces.row() {
            let (first, last) = (listPlaces.integer(2), listPlaces.integer(3))
            let count = listPlaces.integer(4)
            guard first <= last, 1...Self.countMax ~= count else {
                throw .broken("a segment of ids is not as any is written")
            }
            places.append(
                Place(
                    number: listPlaces.integer(0), level: Int(clamping: listPlaces.integer(1)), sequences: first...last,
                    count: Int(count)))
        }
        return places
    }

    func filter(of place: Place) throws(JournalError) -> IDFilter {
        try findFilter.bind(place.number, at: 1)
        defer { findFilter.reset() }
        guard try findFilter.row(), let filter = IDFilter(bytes: findFilter.bytes(0)) else {
            throw .broken("a segment of ids has no filter")
        }
        return filter
    }

    func insert(_ place: Place, _ filter: IDFilter) throws(JournalError) {
        try insertSegment.bind(place.number, at: 1)
        try insertSegment.bind(Int64(place.level), at: 2)
        try insertSegment.bind(place.sequences.lowerBound, at: 3)
        try insertSegment.bind(place.sequences.upperBound, at: 4)
        try insertSegment.bind(Int64(place.count), at: 5)
        try insertSegment.run(lending: filter.bytes, at: 6)
    }

    func remove(_ place: Place) throws(JournalError) {
        try removeSegment.bind(place.number, at: 1)
        try removeSegment.run()
    }

    // MARK: Blocks

    /// Nil where it was lost with a page that was damaged.
    func block(_ index: Int, of segment: Int64) throws(JournalError) -> IDBlock? {
        try findBlock.bind(Self.row(index, of: segment), at: 1)
        defer { findBlock.reset() }
        return try findBlock.row() ? IDBlock(bytes: findBlock.bytes(0)) : nil
    }

    func insert(_ block: IDBlock, _ index: Int, of segment: Int64) throws(JournalError) {
        try insertBlock.bind(Self.row(index, of: segment), at: 1)
        try insertBlock.run(lending: block.bytes, at: 2)
    }

    func removeBlocks(_ range: Range<Int>, of segment: Int64) throws(JournalError) {
        try removeBlocks.bind(Self.row(range.lowerBound, of: segment), at: 1)
        try removeBlocks.bind(Self.row(range.upperBound, of: segment), at: 2)
        try removeBlocks.run()
    }

    /// The first segment from this number on that has a block, and which blocks it has; nil where there is none.
    func segmentWithBlocks(from number: Int64) throws(JournalError) -> (number: Int64, blocks: Range<Int>)? {
        try findBlockFrom.bind(Self.row(0, of: number), at: 1)
        defer { findBlockFrom.reset() }
        guard try findBlockFrom.row() else { return nil }
        let first = findBlockFrom.integer(0)
        let found = first >> Self.placeBits
        try findLastBlock.bind(Self.row(0, of: found + 1), at: 1)
        defer { findLastBlock.reset() }
        guard try findLastBlock.row() else { return nil }
        let start = Self.row(0, of: found)
        return (found, Int(first - start)..<Int(findLastBlock.integer(0) - start) + 1)
    }

    private static func row(_ index: Int, of segment: Int64) -> Int64 {
        segment << placeBits + Int64(index)
    }

    // MARK: Searching

    /// The number of the event that has the id; nil where the segment does not hold it.
    ///
    /// Ids are spread evenly, so that it is known about where one must lie: two or three blocks are read, whatever the
    /// size of the segment.
    func sequence(of id: EventID, in place: Place) throws(JournalError) -> Int64? {
        let count = Int64(place.blockCount)
        var range = 0..<count
        var guess = Int64(id.high.multipliedFullWidth(by: UInt64(count)).high)
        while !range.isEmpty {
            guard let block = try block(Int(guess), of: place.number) else {
                guard let rest = try side(of: id, at: guess, within: range, of: place.number) else { return nil }
                guess = rest.lowerBound > guess ? rest.lowerBound : rest.upperBound - 1
                range = rest
                continue
            }
            let (first, last) = (block[0].id, block[block.count - 1].id)
            if id >= first, id <= last { return block.sequence(of: id) }
            if id < first {
                range = range.lowerBound..<guess
                guess -= 1 + Int64((first.high - id.high).multipliedFullWidth(by: UInt64(count)).high)
            } else {
                range = guess + 1..<range.upperBound
                guess += 1 + Int64((id.high - last.high).multipliedFullWidth(by: UInt64(count)).high)
            }
            guess = min(max(guess, range.lowerBound), max(range.upperBound - 1, range.lowerBound))
        }
        return nil
    }

    /// On which side of a block that was lost an id may be, by the next ones that were not; nil where it can only have been
    /// in what was lost.
    private func side(
        of id: EventID, at lost: Int64, within range: Range<Int64>, of segment: Int64
    ) throws(JournalError) -> Range<Int64>? {
        for index in lost + 1..<range.upperBound {
            guard let next = try block(Int(index), of: segment) else { continue }
            if id >= next[0].id { return index..<range.upperBound }
            break
        }
        for index in (range.lowerBound..<lost).reversed() {
            guard let before = try block(Int(index), of: segment) else { continue }
            if id <= before[before.count - 1].id { return range.lowerBound..<index + 1 }
            break
        }
        return nil
    }
}
