import FolderKit
import Model
import Testing

@testable import Journal

/// Goal: a transaction that fails leaves nothing behind, neither in the file nor in what the writer remembers of it.
struct WriterTests {
    private func write(_ writer: Writer, _ receipts: [Receipt]) throws(JournalError) -> [Appended] {
        try writer.write(receipts, [])
    }

    @Test func forgetsWhatWasRolledBack() throws {
        let folder = try Folder()
        try JournalFile.prepare(folder.journalPath, isExpected: false)
        let database = try Database(path: folder.journalPath, access: .writing)
        let writer = try Writer(database)
        _ = try write(writer, [.sample(1, source: "first", events: [.sample(1, source: "first")])])

        let refusal =
            "CREATE TRIGGER no BEFORE INSERT ON requests WHEN new.body = x'00' BEGIN SELECT raise(ABORT, 'no'); END"
        try database.execute(refusal)
        let good = Receipt.sample(2, source: "second", events: [.sample(2, source: "second")])
        let bad = Receipt.sample(3, source: "third", events: [.sample(3, source: "third")], body: [0])
        #expect(throws: JournalError.self) { try write(writer, [good, bad]) }
        #expect(database.isAtRest)
        #expect(writer.newest == 1)
        for table in ["events", "requests", "labels", "sources"] {
            #expect(try database.number("SELECT count(*) FROM \(table)") == 1, "\(table)")
        }

        // The numbers that were given out and taken back go to others now.
        try database.execute("DROP TRIGGER no")
        #expect(try write(writer, [bad, good]).map(\.newEvents) == [1, 1])
        let desk = try ForwardDesk(database)
        let entries = try desk.read(after: 0, limit: 9, matching: EntryFilter()).entries
        #expect(entries.map(\.sequence) == [1, 2, 3])
        #expect(entries.map(\.event.label.source) == ["first", "third", "second"])
    }

    @Test func aNumberGivenOutTwiceIsAnErrorAndNoDuplicate() throws {
        let folder = try Folder()
        try JournalFile.prepare(folder.journalPath, isExpected: false)
        let database = try Database(path: folder.journalPath, access: .writing)
        let writer = try Writer(database)
        _ = try write(writer, [.sample(1)])
        // As another program would that writes behind the writer's back.
        try database.execute("UPDATE events SET sequence = 2")
        #expect(throws: JournalError.self) { try write(writer, [.sample(2)]) }
        #expect(try database.number("SELECT count(*) FROM events") == 1)
    }
}
