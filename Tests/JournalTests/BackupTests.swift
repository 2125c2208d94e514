import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: a backup is a whole journal of its own, and going back to one is no secret.
struct BackupTests {
    @Test func isTakenBesideTheOneThatWrites() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...20 { _ = try await journal.append(.sample(number)) }
        try await journal.record(Steps(cursor: 12), for: "crm")
        let backup = folder.path + "/backup.db"
        #expect(try JournalBackup.make(of: folder.journalPath, at: backup).events == 20)
        let entries = try await journal.all()
        _ = try await journal.append(.sample(21))
        await journal.close()
        // One file for its owner, and nothing beside it.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("backup") }
        #expect(names == ["backup.db"])
        #expect(try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int == 0o600)
        #expect(try JournalAudit.verify(path: backup).isSound)

        let restored = try Folder()
        try Folder.run("cp", backup, restored.journalPath)
        await #expect(throws: JournalError.self) { try await SQLiteJournal.open(restored).close() }
        _ = try JournalAudit.acceptLoss(path: restored.journalPath, at: .start)
        let again = try SQLiteJournal.open(restored)
        #expect(try await again.all() == entries)
        #expect(try await again.progress(of: "crm").cursor == 12)
        #expect(try await again.append(.sample(20)).isDuplicate)
        #expect(try await again.append(.sample(21)).newEvents == 1)
        await again.close()
        #expect(try JournalAudit.verify(path: restored.journalPath).isSound)
    }

    @Test func touchesNothingThatIsThereAlready() async throws {
        let folder = try Folder()
        await (try SQLiteJournal.open(folder)).close()
        let target = folder.path + "/kept"
        try Data("kept".utf8).write(to: URL(fileURLWithPath: target))
        #expect(throws: JournalError.self) { try JournalBackup.make(of: folder.journalPath, at: target) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data("kept".utf8))
    }

    @Test func rowsThatAreDamagedAreToldAndKeepNoOtherOutOfTheBackup() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...20 { _ = try await journal.append(.sample(number)) }
        await journal.close()
        Stranger(folder.journalPath).run("UPDATE events SET body = x'00' WHERE sequence = 7")
        let backup = folder.path + "/backup.db"
        #expect(try JournalBackup.make(of: folder.journalPath, at: backup).flaws == [.event(7)])
        #expect(try JournalAudit.verify(path: backup).flaws == [.event(7)])
    }

    @Test func aFileThatIsDamagedIsNotKeptAsABackup() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...20 { _ = try await journal.append(.sample(number)) }
        await journal.close()
        // As another program leaves it: without seals.
        Stranger(folder.journalPath, isPlain: true).run("UPDATE events SET body = x'00' WHERE sequence = 7")
        let backup = folder.path + "/backup.db"
        #expect(throws: JournalError.self) { try JournalBackup.make(of: folder.journalPath, at: backup) }
        #expect(!FileManager.default.fileExists(atPath: backup))
    }
}
