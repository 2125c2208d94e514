import FolderKit
import Model
import Testing

@testable import Journal

/// Goal: a file of an older version is taken over with all that is in it, and nothing is made up for what it lacks.
struct VersionTests {
    /// A file as version 1 made it and filled it: a message, and a fault.
    private func firstVersion(_ folder: Folder) throws {
        let stranger = Stranger(folder.journalPath)
        let steps = [
            "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = WAL", Schema.migrations[0],
            "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 1",
            """
            INSERT INTO sources VALUES (1, 'shop', 'telesign');
            INSERT INTO labels VALUES (1, 'mogate.message.received', 'telesign', 'sms', 'shop');
            INSERT INTO requests VALUES
                (1, x'00000000000000070000000000000001', 1700000000000000, 1, 1, 2, x'', x'0102'),
                (2, x'00000000000000070000000000000002', 1700000000000001, 1, 3, 0, x'', x'03');
            INSERT INTO events VALUES
                (1, x'00000000000000010000000000000001', 1, 1, 1700000000000000, '+15550100', x'0A'),
                (2, x'00000000000000010000000000000002', 1, 1, 1700000000000000, NULL, x'0B');
            INSERT INTO quarantine VALUES (1, 2, 1700000000000001, 1, '$', 'unreadable', x'FF');
            INSERT INTO sinks VALUES (1, 'crm', 1, x'');
            INSERT INTO retries VALUES (1, 1, 1, 1700000000000000, 1700000000000000, 'slow');
            UPDATE counters SET newest_event = 2, newest_request = 2
            """,
        ]
        for step in steps { try #require(stranger.run(step) == 0) }
    }

    @Test func takesOverTheFirst() async throws {
        let folder = try Folder()
        try firstVersion(folder)
        #expect(throws: JournalError.self) { try SQLiteBrowser(path: folder.journalPath) }
        let journal = try SQLiteJournal.open(folder)
        #expect(try await journal.all().map(\.event.bytes) == [[0x0A], [0x0B]])
        #expect(try await journal.progress(of: "crm").cursor == 1)
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).map(\.entry.sequence) == [1])
        _ = try await journal.append(.sample(3))

        let browser = try SQLiteBrowser(path: folder.journalPath)
        let requests = try await browser.requests().requests
        #expect(requests.map(\.body) == [[1, 2], [3], Receipt.sample(3).body])
        #expect(requests.map(\.events) == [1..<3, 3..<3, 3..<4])
        #expect(requests.map(\.authenticity) == [nil, nil, Receipt.sample(3).authenticity])
        #expect(try await browser.quarantine().items.map(\.requestId.low) == [2])
        #expect(try await browser.sightings().records.isEmpty)
        await browser.close()
        await journal.close()
        #expect(Stranger(folder.journalPath).number("PRAGMA user_version") == Int64(Schema.migrations.count))
    }

    @Test func prunesTheFirstThoughItGivesNoRoomBack() async throws {
        let folder = try Folder()
        try firstVersion(folder)
        let journal = try SQLiteJournal.open(folder, .with { $0.freeBytesKept = 0 })
        try await journal.record(
            Steps(cursor: 2, settled: [Steps.Settled(sequence: 1, attempts: 2, at: .start)]), for: "crm")
        let pruned = try await journal.prune(
            Retention(before: Instant(microseconds: .max), sinks: ["crm"]))
        #expect(pruned.events == 2 && pruned.requests == 2 && pruned.faults == 1)
        await journal.close()
        #expect(Stranger(folder.journalPath).number("PRAGMA auto_vacuum") == 0)
    }
}
