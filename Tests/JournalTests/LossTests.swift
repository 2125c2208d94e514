import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: a journal that lacks anything of what it held is not gone on with, unless somebody says so; and then nothing is
/// given out a second time.
struct LossTests {
    private func filled(_ folder: Folder, _ numbers: ClosedRange<Int> = 1...5) async throws {
        let journal = try SQLiteJournal.open(folder)
        for number in numbers { _ = try await journal.append(.sample(number)) }
        await journal.close()
    }

    /// Why it is not opened; empty where it is.
    private func refusal(_ folder: Folder) async -> String {
        do throws(JournalError) {
            await (try SQLiteJournal.open(folder)).close()
            return ""
        } catch .unusable(let reason) {
            return reason
        } catch {
            return "something else: \(error)"
        }
    }

    private func markBytes(_ folder: Folder, _ change: (inout Data) -> Void) throws {
        let url = URL(fileURLWithPath: folder.journalPath + "-mark")
        var bytes = try Data(contentsOf: url)
        change(&bytes)
        try bytes.write(to: url)
    }

    @Test func aLogThatWasLeftBehindIsMissed() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...5 { _ = try await journal.append(.sample(number)) }
        let copy = try Folder()
        for name in ["", "-mark"] { try Folder.run("cp", folder.journalPath + name, copy.journalPath + name) }
        await journal.close()
        let words = await refusal(copy)
        #expect(words.contains("there were 5 and 5"))
        #expect(words.contains("mogate verify \(copy.journalPath) --accept-loss"))
        // Nothing was given up by asking.
        #expect(await refusal(copy) == words)
    }

    @Test func anOlderCopyIsFoundEvenOnceItWentOn() async throws {
        let folder = try Folder()
        try await filled(folder)
        let copy = try Folder()
        try Folder.run("cp", folder.journalPath, copy.journalPath)
        try Folder.run("cp", folder.journalPath + "-mark", copy.journalPath + "-mark")
        try await filled(folder, 6...9)
        try await filled(copy, 16...29)
        // The copy came further, but by another way.
        try Folder.run("cp", copy.journalPath, folder.journalPath)
        #expect(await refusal(folder).contains("at commit 9 is not what was committed"))
    }

    @Test func aMissingMarkIsMissed() async throws {
        let folder = try Folder()
        try await filled(folder)
        try FileManager.default.removeItem(atPath: folder.journalPath + "-mark")
        #expect(await refusal(folder).contains("is missing"))
        #expect(try JournalAudit.verify(path: folder.journalPath).remarks == [.unmarked])
        _ = try JournalAudit.acceptLoss(path: folder.journalPath, at: .start)
        #expect(await refusal(folder) == "")
    }

    @Test(arguments: [0, 512])
    func oneTornMarkLeavesTheOther(_ slot: Int) async throws {
        let folder = try Folder()
        try await filled(folder)
        try markBytes(folder) { $0[slot + 20] ^= 1 }
        #expect(await refusal(folder) == "")
    }

    @Test func theFirstSecondOfAJournalMayEndInAPowerCut() async throws {
        let folder = try Folder()
        try await filled(folder)
        // It was made, and what was written to it was not on the disk yet.
        try markBytes(folder) { $0 = Data(count: 1_024) }
        #expect(await refusal(folder) == "")
    }

    @Test func aDamagedMarkIsNotBelieved() async throws {
        let folder = try Folder()
        try await filled(folder)
        try markBytes(folder) { bytes in
            bytes[20] ^= 1
            bytes[512 + 79] ^= 0x80
        }
        #expect(await refusal(folder).contains("is damaged"))
        #expect(try !JournalAudit.verify(path: folder.journalPath).isSound)
    }

    @Test func aFileThatIsGoneOrEmptyOrCutIsNotMadeAnew() async throws {
        let folder = try Folder()
        try await filled(folder)
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.journalPath))
        try whole.prefix(4_096 * 3).write(to: URL(fileURLWithPath: folder.journalPath))
        #expect(await refusal(folder) != "")
        try Data().write(to: URL(fileURLWithPath: folder.journalPath))
        #expect(await refusal(folder).contains("is empty"))
        try FileManager.default.removeItem(atPath: folder.journalPath)
        #expect(await refusal(folder).contains("is missing"))
        #expect(!FileManager.default.fileExists(atPath: folder.journalPath))
    }

    @Test func aJournalThatTookNothingInMayGo() async throws {
        let folder = try Folder()
        await (try SQLiteJournal.open(folder)).close()
        try FileManager.default.removeItem(atPath: folder.journalPath)
        #expect(await refusal(folder) == "")
    }

    @Test func anAcceptedLossIsNotedAndNoNumberIsGivenOutAgain() async throws {
        let folder = try Folder()
        try await filled(folder)
        let backup = try Data(contentsOf: URL(fileURLWithPath: folder.journalPath))
        try await filled(folder, 6...9)
        try backup.write(to: URL(fileURLWithPath: folder.journalPath))
        #expect(await refusal(folder).contains("up to 5"))
        let accepted = try #require(try JournalAudit.acceptLoss(path: folder.journalPath, at: .start))
        #expect(accepted.afterEvent == 5 && accepted.nextEvent == 10)
        #expect(try JournalAudit.acceptLoss(path: folder.journalPath, at: .start) == nil)

        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(6))
        #expect(try await journal.all().map(\.sequence) == [1, 2, 3, 4, 5, 10])
        await journal.close()
        let verification = try JournalAudit.verify(path: folder.journalPath)
        #expect(verification.isSound && verification.losses == [accepted])
        #expect(verification.newestCommit == 11)
    }

    @Test func whatAnotherProgramWroteIsSealedAnewWhereItsRowsHold() async throws {
        let folder = try Folder()
        try await filled(folder)
        try #require(
            Stranger(folder.journalPath, isPlain: true).run("INSERT INTO sinks(name, cursor) VALUES ('crm', 3)") == 0)
        #expect(try !JournalAudit.verify(path: folder.journalPath).isSound)
        #expect(
            try #require(try JournalAudit.acceptLoss(path: folder.journalPath, at: .start)).why.contains("sealed anew"))
        let journal = try SQLiteJournal.open(folder)
        #expect(try await journal.progress(of: "crm").cursor == 3)
        await journal.close()
        #expect(try JournalAudit.verify(path: folder.journalPath).isSound)

        Stranger(folder.journalPath, isPlain: true).run("UPDATE events SET body = x'00' WHERE sequence = 2")
        #expect(throws: JournalError.self) { try JournalAudit.acceptLoss(path: folder.journalPath, at: .start) }
        let mended = try SQLiteJournal.open(folder)
        #expect(mended.mended.flatMap(\.events) == [2])
        #expect(try await mended.all().map(\.sequence) == [1, 3, 4, 5])
        await mended.close()
    }

    @Test func nothingIsAcceptedWhileItIsServed() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        #expect(throws: JournalError.self) { try JournalAudit.acceptLoss(path: folder.journalPath, at: .start) }
        await journal.close()
    }
}
