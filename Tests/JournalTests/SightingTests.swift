import FolderKit
import Model
import Testing

@testable import Journal

/// Goal: what vendors send that is not known yet can be looked up, and nobody fills the journal with it.
struct SightingTests {
    private func field(_ name: String) -> Sighting { Sighting(kind: .field, path: "$.\(name)") }

    @Test func countsWhatIsSeen() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let word = Sighting(kind: .word, path: "$.status", word: "vanished")
        _ = try await journal.append(.sample(5, sightings: [field("a"), word]))
        _ = try await journal.append(.sample(2, sightings: [word]))
        // A duplicate is nothing new, and a replay was counted when it came.
        _ = try await journal.append(.sample(2, sightings: [word]))
        _ = try await journal.append(.sample(2, events: [.sample(20)], sightings: [word], isReplay: true))
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let records = try await browser.sightings().records
        #expect(records.map(\.sighting) == [field("a"), word])
        #expect(records.map(\.count) == [1, 2])
        #expect(records[1].first == Receipt.sample(2).receivedAt && records[1].last == Receipt.sample(5).receivedAt)
        #expect(records[1].requestId == Receipt.sample(2).requestId && records[1].provider == "telesign")
        let first = try await browser.sightings(of: "telesign", limit: 1)
        #expect(first.records == [records[0]])
        let second = try await browser.sightings(of: nil, after: first.next, limit: 1)
        #expect(second.records == [records[1]] && second.next == nil)
        #expect(try await browser.sightings(of: "other").records.isEmpty)
        await browser.close()
        await journal.close()
    }

    @Test func boundsThem() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let many = (0..<SightingLedger.eachRequestMax + 6).map { field("x\($0)") }
        _ = try await journal.append(.sample(1, sightings: many))
        let stranger = Stranger(folder.journalPath)
        #expect(stranger.number("SELECT count(*) FROM sightings") == Int64(SightingLedger.eachRequestMax))
        await journal.close()
        stranger.run(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9935)
            INSERT INTO sightings SELECT 'telesign', 'word', '$', i, 1, 1, 1, zeroblob(16) FROM n
            """)
        let again = try SQLiteJournal.open(folder)
        _ = try await again.append(.sample(2, sightings: [field("y"), field("z"), field("x1")]))
        _ = try await again.append(.sample(3, sightings: [field("y"), field("w")]))
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(stranger.number("SELECT count(*) FROM sightings") == SightingLedger.rowsMax)
        #expect(stranger.number("SELECT count FROM sightings WHERE path = '$.x1'") == 2)
        #expect(stranger.number("SELECT count FROM sightings WHERE path = '$.y'") == 2)
        #expect(try await browser.counts().sightingsLeftOut == 8)
        await browser.close()
        await again.close()
    }

    @Test func cutsLongNames() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(1, sightings: [field(String(repeating: "\u{1F642}", count: 9_000))]))
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let record = try #require(try await browser.sightings().records.first)
        #expect(record.sighting.path.unicodeScalars.count == SightingLedger.scalarsMax)
        #expect(record.sighting.path.hasPrefix("$.\u{1F642}"))
        await browser.close()
        await journal.close()
    }

    @Test func forgetsThoseThatWereRolledBack() throws {
        let folder = try Folder()
        try JournalFile.prepare(folder.journalPath, isExpected: false)
        let database = try Database(path: folder.journalPath, access: .writing)
        try Schema.migrate(database)
        let writer = try Writer(database)
        _ = try writer.write([.sample(1, sightings: [field("a")])], [])
        try database.execute(
            "CREATE TRIGGER no BEFORE INSERT ON requests WHEN new.body = x'00' BEGIN SELECT raise(ABORT, 'no'); END")
        #expect(throws: JournalError.self) {
            try writer.write([.sample(2, sightings: [field("b")]), .sample(3, body: [0])], [])
        }
        #expect(try database.number("SELECT count(*) FROM sightings") == 1)
        _ = try writer.write([.sample(2, sightings: [field("a"), field("b")])], [])
        #expect(try database.number("SELECT sum(count) FROM sightings") == 3)
    }
}
