import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: only a journal is opened as a journal, by one process, and whatever is refused stays as it is.
struct OpeningTests {
    /// The words of the refusal; empty where there is none.
    private func refusal(_ open: () throws(JournalError) -> Void) -> String {
        do {
            try open()
            return ""
        } catch .unusable(let reason) {
            return reason
        } catch {
            return "something else: \(error)"
        }
    }

    private func refusalToOpen(_ folder: Folder) -> String {
        refusal { () throws(JournalError) in _ = try SQLiteJournal.open(folder) }
    }

    private func permissions(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func makesWhatIsMissingForItsOwnerOnly() async throws {
        let folder = try Folder()
        let path = folder.path + "/some/where/mogate.db"
        let journal = try SQLiteJournal.open(at: path, now: { .start })
        _ = try await journal.append(.sample(1))
        #expect(try permissions(folder.path + "/some/where") == 0o700)
        for name in ["", "-wal", "-shm", "-mark", ".lock"] { #expect(try permissions(path + name) == 0o600, "\(name)") }
        await journal.close()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path + "/some/where").sorted() == [
                "mogate.db", "mogate.db-ballast", "mogate.db-mark", "mogate.db.lock",
            ])
    }

    @Test func onlyOneAtATime() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        #expect(refusalToOpen(folder).hasSuffix("mogate.db is in use by another process"))
        #expect(try await journal.append(.sample(1)).newEvents == 1)
        await journal.close()
        let again = try SQLiteJournal.open(folder)
        #expect(try await again.all().count == 1)
        await again.close()
    }

    @Test func refusesANewerVersionAndWritesNothing() async throws {
        let folder = try Folder()
        await (try SQLiteJournal.open(folder)).close()
        Stranger(folder.journalPath).run("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.journalPath))
        #expect(refusalToOpen(folder).contains("version 99"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.journalPath)) == before)
        #expect(throws: JournalError.self) { try SQLiteBrowser(path: folder.journalPath) }
    }

    @Test func refusesAnotherProgramsFile() throws {
        let folder = try Folder()
        Stranger(folder.journalPath).run("CREATE TABLE events(x); INSERT INTO events VALUES (1)")
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.journalPath))
        #expect(refusalToOpen(folder).contains("another program"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.journalPath)) == before)
    }

    @Test func refusesWhatIsNoDatabase() throws {
        let folder = try Folder()
        try Data(repeating: 0x2E, count: 9_000).write(to: URL(fileURLWithPath: folder.journalPath))
        #expect(refusalToOpen(folder).contains("not a journal"))
        try Data().write(to: URL(fileURLWithPath: folder.journalPath))
        #expect(refusalToOpen(folder).contains("is empty"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.journalPath)).isEmpty)
    }

    @Test func refusesALinkButNotALinkedFolder() async throws {
        let folder = try Folder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/linked", withDestinationPath: folder.path)
        let journal = try SQLiteJournal.open(at: folder.path + "/linked/mogate.db", now: { .start })
        await journal.close()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/alias.db", withDestinationPath: folder.journalPath)
        let words = refusal { () throws(JournalError) in
            _ = try SQLiteJournal.open(at: folder.path + "/alias.db", now: { .start })
        }
        #expect(words.contains("alias.db cannot be opened"))
    }

    @Test func whatWasAnsweredIsInTheFilesAtThatMoment() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...50 { _ = try await journal.append(.sample(number)) }
        let entries = try await journal.all()
        let copy = folder.path + "/copy.db"
        for name in ["", "-wal", "-mark"] { try Folder.run("cp", folder.journalPath + name, copy + name) }
        let revived = try SQLiteJournal.open(at: copy, now: { .start })
        #expect(try await revived.all() == entries)
        await revived.close()
        await journal.close()
    }

    @Test func isNotStoppedByAHalfMadeOne() async throws {
        let folder = try Folder()
        try Data("half".utf8).write(to: URL(fileURLWithPath: folder.journalPath + ".new"))
        let journal = try SQLiteJournal.open(folder)
        #expect(try await journal.append(.sample(1)).newEvents == 1)
        await journal.close()
    }

    @Test func waitsForTheDisk() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        await journal.close()
        let database = try Database(path: folder.journalPath, access: .writing)
        try database.makeDurable(logBytesMax: 1 << 20)
        #expect(try database.number("PRAGMA synchronous") == 2)
        #expect(try database.text("PRAGMA journal_mode") == "wal")
        #expect(try database.number("PRAGMA wal_autocheckpoint") == 0)
    }

    @Test func migratesStepByStep() async throws {
        let folder = try Folder()
        await (try SQLiteJournal.open(folder)).close()
        let database = try Database(path: folder.journalPath, access: .writing)
        let steps = Schema.migrations + ["CREATE TABLE extra(x)", "INSERT INTO extra VALUES (7)"]
        try Schema.migrate(database, by: steps)
        #expect(try database.number("PRAGMA user_version") == Int64(steps.count))
        #expect(try database.number("SELECT x FROM extra") == 7)
        try Schema.migrate(database, by: steps)
        #expect(try database.number("SELECT count(*) FROM extra") == 1)
        // One that fails half-way leaves nothing of itself behind.
        #expect(throws: JournalError.self) {
            try Schema.migrate(database, by: steps + ["INSERT INTO extra VALUES (8); INSERT INTO nowhere VALUES (9)"])
        }
        #expect(try database.number("PRAGMA user_version") == Int64(steps.count))
        #expect(try database.number("SELECT count(*) FROM extra") == 1)
        #expect(try database.number("PRAGMA application_id") == Schema.applicationID)
    }
}
