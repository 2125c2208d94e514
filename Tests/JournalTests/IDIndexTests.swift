import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: the index of ids is exact, whatever is merged, pruned, rolled back or started anew in the meantime.
///
/// Method: segments of a few ids, so that a few thousand events go through every level.
struct IDIndexTests {
    private static let small = IDIndex.Settings(
        idsPerSegment: 50, idsPerStep: 20, segmentsPerMerge: 3, levelMax: 2)

    /// Ids as they are: of a digest, so that any of them is as likely as another.
    private static func id(_ number: Int) -> EventID {
        var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        func next() -> UInt64 {
            state = state &+ 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
        return EventID(high: next(), low: next())
    }

    private let folder: Folder
    private let database: Database

    init() throws {
        folder = try Folder()
        try JournalFile.prepare(folder.journalPath, isExpected: false)
        database = try Database(path: folder.journalPath, access: .writing)
    }

    /// Stores events by their ids as the writer does: a transaction for every few of them.
    private func store(_ numbers: Range<Int>, in index: IDIndex) throws {
        let insert = try database.prepare(
            "INSERT INTO events(sequence, id, request, label, received_us, body) VALUES (?1, ?2, 1, 1, 0, x'00')")
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 7) {
            let some = start..<min(start + 7, numbers.upperBound)
            try database.execute("BEGIN")
            for number in some {
                try #require(try index.sequence(of: Self.id(number)) == nil)
                try insert.bind(Int64(number), at: 1)
                try insert.bind(Self.id(number), at: 2)
                try insert.run()
                index.add(Self.id(number), Int64(number))
            }
            try index.advance(by: some.count)
            try database.execute("COMMIT")
        }
    }

    private func levels() throws -> [Int] {
        try IDShelf(database).places().map(\.level)
    }

    private func expectExact(_ index: IDIndex, holding numbers: Range<Int>) throws {
        #expect(try numbers.filter { try index.sequence(of: Self.id($0)) != Int64($0) } == [])
        let others = numbers.upperBound..<numbers.upperBound + 500
        #expect(try others.filter { try index.sequence(of: Self.id($0)) != nil } == [])
    }

    @Test func findsEveryIdOnEveryLevelAndNoOther() throws {
        let index = try IDIndex(database, Self.small)
        try store(1..<3_401, in: index)
        #expect(Set(try levels()) == [0, 1, 2])
        try expectExact(index, holding: 1..<3_401)
        // Everything that was merged is gone, or on its way.
        for _ in 0..<200 { try index.advance(by: 20) }
        let blocks = try IDShelf(database).places().reduce(0) { $0 + $1.blockCount }
        #expect(try database.number("SELECT count(*) FROM id_blocks") == blocks)
    }

    @Test(arguments: [1, 49, 50, 51, 149, 150, 151, 700, 1_999])
    func knowsTheSameAfterANewStart(_ count: Int) throws {
        try store(1..<count + 1, in: try IDIndex(database, Self.small))
        let index = try IDIndex(database, Self.small)
        try expectExact(index, holding: 1..<count + 1)
        // What a builder left half-made is cleared, and its number is not in the way.
        try store(count + 1..<count + 600, in: index)
        try expectExact(index, holding: 1..<count + 600)
    }

    @Test func aReaderFindsWhatTheWriterKnows() throws {
        try store(1..<1_001, in: try IDIndex(database, Self.small))
        let search = try IDSearch(database)
        for number in 1..<1_001 { #expect(try search.sequence(of: Self.id(number)) == Int64(number)) }
        for number in 1_001..<1_200 { #expect(try search.sequence(of: Self.id(number)) == nil) }
    }

    @Test func whatIsRolledBackIsNotKnown() throws {
        let index = try IDIndex(database, Self.small)
        try store(1..<130, in: index)
        try database.execute("BEGIN")
        for number in 130..<400 { index.add(Self.id(number), Int64(number)) }
        try index.advance(by: 270)
        try database.execute("ROLLBACK")
        index.forget()
        try expectExact(index, holding: 1..<130)
        try store(130..<900, in: index)
        try expectExact(index, holding: 1..<900)
    }

    @Test func letsGoOfSegmentsWhoseEventsAreGone() throws {
        let index = try IDIndex(database, Self.small)
        try store(1..<1_001, in: index)
        try database.execute("DELETE FROM events WHERE sequence <= 900")
        while try index.prune(blocks: 1) {}
        // What shares a segment with an event that is still there stays known.
        for number in 901..<1_001 { #expect(try index.sequence(of: Self.id(number)) == Int64(number)) }
        #expect(try index.sequence(of: Self.id(1)) == nil)
        #expect(try IDShelf(database).places().allSatisfy { $0.sequences.upperBound > 900 })
        let again = try IDIndex(database, Self.small)
        for number in 901..<1_001 { #expect(try again.sequence(of: Self.id(number)) == Int64(number)) }
    }

    @Test func takesOverAJournalThatHadNone() throws {
        try store(1..<1_001, in: try IDIndex(database, Self.small))
        try database.execute("DELETE FROM id_segments; DELETE FROM id_blocks")
        let index = try IDIndex(database, Self.small)
        #expect(try levels() == Array(repeating: 0, count: 9))
        try expectExact(index, holding: 1..<1_001)
    }

    @Test func idsThatLieCloseTogetherAreFoundToo() throws {
        // No digest makes such ids; but the search may not depend on luck.
        let shelf = try IDShelf(database)
        let entries = (0..<2_000).map {
            IDEntry(id: EventID(high: UInt64($0 / 2), low: UInt64($0)), sequence: Int64($0))
        }
        let builder = IDSegmentBuilder(number: 1, entries: entries, sequences: 0...1_999)
        #expect(try builder.advance(blocks: .max / 2, shelf))
        for entry in entries { #expect(try shelf.sequence(of: entry.id, in: builder.place) == entry.sequence) }
        #expect(try shelf.sequence(of: EventID(high: .max, low: 0), in: builder.place) == nil)
        #expect(try shelf.sequence(of: EventID(high: 7, low: 0), in: builder.place) == nil)
    }

    @Test func theFilterMissesNothingAndIsWrongForFew() throws {
        var filter = IDFilter(capacity: 5_000)
        filter.insert((0..<5_000).map { IDEntry(id: Self.id($0), sequence: Int64($0)) })
        let place = Self.place(1)
        var bank = IDFilterBank(rowCount: filter.blocks.count)
        bank.append(place, try #require(IDFilter(bytes: filter.bytes)))
        for number in 0..<5_000 { #expect(bank.places(thatMayHold: .init(of: Self.id(number))) == [place]) }
        let wrong = (5_000..<25_000).count { !bank.places(thatMayHold: .init(of: Self.id($0))).isEmpty }
        #expect(wrong < 20, "\(wrong) of 20,000")
        #expect(IDFilter(bytes: []) == nil)
        #expect(IDFilter(bytes: [1, 2, 3]) == nil)
    }

    private static func place(_ number: Int64) -> IDShelf.Place {
        IDShelf.Place(number: number, level: 0, sequences: 1...2, count: 1)
    }

    @Test func filtersOfAboutOneSizeStandInOneBank() {
        // A segment is made once there are enough ids, and a commit brings more than one.
        let filters = [32_768, 33_400, 32_900].map { IDFilter(capacity: $0) }
        var bank = IDFilterBank(rowCount: filters[0].blocks.count)
        for (number, filter) in filters.enumerated() {
            #expect(bank.fits(filter))
            var filter = filter
            filter.insert([IDEntry(id: Self.id(number), sequence: 1)])
            bank.append(Self.place(Int64(number)), filter)
        }
        #expect(!bank.fits(IDFilter(capacity: 8 * 32_768)))
        for number in 0..<3 {
            #expect(bank.places(thatMayHold: .init(of: Self.id(number))) == [Self.place(Int64(number))])
        }
        bank.remove([Self.place(1), Self.place(7)])
        #expect(bank.places(thatMayHold: .init(of: Self.id(0))) == [Self.place(0)])
        #expect(bank.places(thatMayHold: .init(of: Self.id(1))) == [])
        #expect(bank.places(thatMayHold: .init(of: Self.id(2))) == [Self.place(2)])
        #expect(bank.places == [Self.place(0), Self.place(2)])
    }

    // MARK: Pace

    @Test func nothingPilesUp() throws {
        let settings = IDIndex.Settings(idsPerSegment: 1_600, idsPerStep: 320, segmentsPerMerge: 3, levelMax: 2)
        let index = try IDIndex(database, settings)
        for start in stride(from: 1, to: 40_000, by: 100) {
            try database.execute("BEGIN")
            for number in start..<start + 100 { index.add(Self.id(number), Int64(number)) }
            try index.advance(by: 100)
            try database.execute("COMMIT")
            let places = try IDShelf(database).places()
            let indexed = places.map(\.sequences.upperBound).max() ?? 0
            #expect(start + 99 - Int(indexed) <= 2 * settings.idsPerSegment)
            for level in 0..<settings.levelMax {
                #expect(places.count { $0.level == level } < 2 * settings.segmentsPerMerge)
            }
            let blocks = places.reduce(0) { $0 + $1.blockCount }
            #expect(try database.number("SELECT count(*) FROM id_blocks") <= 3 * blocks + 10)
        }
        #expect(try levels().contains(2))
    }

    @Test func writesNothingBeforeThereIsEnoughForAStep() throws {
        let settings = IDIndex.Settings(idsPerSegment: 50, idsPerStep: 100)
        let index = try IDIndex(database, settings)
        for number in 1..<100 { index.add(Self.id(number), Int64(number)) }
        try index.advance(by: 99)
        #expect(try database.number("SELECT count(*) FROM id_blocks") == 0)
        try index.advance(by: 1)
        #expect(try database.number("SELECT count(*) FROM id_blocks") == 1)
    }

    @Test func theLargestFilterIsSmallForACommit() {
        // A start makes segments of twice as many ids as usual.
        let settings = IDIndex.Settings()
        let idsMax = (0..<settings.levelMax).reduce(2 * settings.idsPerSegment + 1) { ids, _ in
            ids * settings.segmentsPerMerge
        }
        let bytes = IDFilter(capacity: idsMax).blocks.count * MemoryLayout<SIMD4<UInt64>>.size
        #expect(bytes < SQLiteJournal.Settings().valueBytesMax / 4)
    }

    // MARK: Damage

    private static let broad = IDIndex.Settings(
        idsPerSegment: 5_000, idsPerStep: 100, segmentsPerMerge: 3, levelMax: 2)

    /// Mends a page after a byte of it was changed, and opens the index anew.
    private func index(withChanged byte: Int, of table: JournalTable, page: Int) throws -> (IDIndex, MendedPage) {
        try database.checkpoint(.truncate)
        let root = try database.number("SELECT rootpage FROM sqlite_schema WHERE name = '\(table.rawValue)'")
        let file = try PageFile(folder.journalPath)
        let pages = try (3...file.pageCount).filter {
            try file.root(of: $0) == root && file.first(.inner(under: $0)) == nil
        }
        let changed = pages[page % pages.count]
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder.journalPath))
        try handle.seek(toOffset: UInt64(changed - 1) * 4_096 + UInt64(byte))
        try handle.write(contentsOf: [0xA5])
        try handle.close()
        let mended = try Mender.mend([changed], of: folder.journalPath, patienceMs: 0)
        let other = try Database(path: folder.journalPath, access: .writing)
        return (try IDIndex(other, Self.broad), try #require(mended.first))
    }

    @Test(arguments: [0, 17])
    func idsOfADamagedBlockAreNotKnownAndAllOthersAre(_ page: Int) throws {
        try store(1..<12_001, in: try IDIndex(database, Self.broad))
        let (index, mended) = try index(withChanged: 2_000, of: .idBlocks, page: page)
        #expect(mended.hasLostIDs)
        let others = try (1..<12_001).filter { try index.sequence(of: Self.id($0)) != Int64($0) }
        #expect(try others.filter { try index.sequence(of: Self.id($0)) != nil } == [])
        #expect(!others.isEmpty && others.count <= 2 * IDBlock.entriesMax)
        // Segments with a gap become part of larger ones like all others.
        for number in 12_001..<25_001 {
            index.add(Self.id(number), Int64(number))
            try index.advance(by: 1)
        }
        #expect(try index.sequence(of: Self.id(24_000)) == 24_000)
        #expect(try levels().contains(1))
        let lost = Set(others)
        for number in 1..<12_001 where !lost.contains(number) {
            #expect(try index.sequence(of: Self.id(number)) == Int64(number))
        }
    }

    @Test func idsBesideSeveralLostBlocksAreFound() throws {
        let shelf = try IDShelf(database)
        // Close together, so that each of them is first looked for in a block that was lost.
        let entries = (0..<3_200).map { IDEntry(id: EventID(high: UInt64($0), low: 0), sequence: Int64($0)) }
        let builder = IDSegmentBuilder(number: 1, entries: entries, sequences: 0...3_199)
        #expect(try builder.advance(blocks: .max / 2, shelf))
        for lost in [[0, 1], [9, 10, 11], [18, 19]] {
            for index in lost { try shelf.removeBlocks(index..<index + 1, of: 1) }
        }
        let kept = entries.enumerated().filter { ![0, 1, 9, 10, 11, 18, 19].contains($0.offset / IDBlock.entriesMax) }
        let found = try entries.filter { try shelf.sequence(of: $0.id, in: builder.place) == $0.sequence }
        #expect(found == kept.map(\.element))
    }

    @Test func segmentsOfWhichAllWasLostMakeNone() throws {
        let unmerged = IDIndex.Settings(idsPerSegment: 50, idsPerStep: 20, segmentsPerMerge: 3, levelMax: 0)
        try store(1..<200, in: try IDIndex(database, unmerged))
        #expect(try levels() == [0, 0, 0])
        try database.execute("DELETE FROM id_blocks")
        let index = try IDIndex(database, Self.small)
        for _ in 0..<3 { try index.advance(by: 20) }
        #expect(try levels() == [])
        try expectExact(try IDIndex(database, Self.small), holding: 1..<200)
    }

    @Test(arguments: [0, 1, 2])
    func aDamagedFilterMissesNothing(_ page: Int) throws {
        try store(1..<12_001, in: try IDIndex(database, Self.broad))
        let (index, mended) = try index(withChanged: 2_000, of: .idSegments, page: page)
        #expect(mended.page > 0)
        try expectExact(index, holding: 1..<12_001)
    }
}
