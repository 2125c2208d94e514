import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: no bit of a journal, its log or its backup changes without being reported.
///
/// Method: two hundred bits of each, one after the other, drawn by a fixed seed.
struct BitFlipTests {
    private static let flips = 200

    /// A journal with something of everything, and one large body.
    private func fill(_ journal: SQLiteJournal) async throws {
        for number in 1...25 {
            _ = try await journal.append(
                .sample(number, faults: number.isMultiple(of: 7) ? [Fault(path: "$", reason: "\(number)")] : []))
        }
        _ = try await journal.append(.sample(26, body: [UInt8](repeating: 7, count: 20_000)))
        try await journal.record(Steps(cursor: 20, position: [1, 2, 3]), for: "crm")
    }

    /// How many flips of a file are reported, each alone.
    private func reported(in file: String, bytes: Int? = nil, of journal: String) throws -> Int {
        let url = URL(fileURLWithPath: file)
        let whole = try Data(contentsOf: url)
        try #require(try JournalAudit.verify(path: journal).isSound)
        var draws = Draws()
        var reported = 0
        for _ in 0..<Self.flips {
            let bit = Int.random(in: 0..<(bytes ?? whole.count) * 8, using: &draws)
            var flipped = whole
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            try flipped.write(to: url)
            // One in the file's own name for itself is reported by its not being taken for a journal.
            let isReported = (try? JournalAudit.verify(path: journal).isSound) != true
            if isReported { reported += 1 } else { Issue.record("bit \(bit) of \(file)") }
            for name in ["-shm"] { try? FileManager.default.removeItem(atPath: journal + name) }
        }
        try whole.write(to: url)
        return reported
    }

    @Test func eachInTheFileIsReported() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        try await fill(journal)
        await journal.close()
        #expect(try reported(in: folder.journalPath, of: folder.journalPath) == Self.flips)
    }

    @Test func eachInTheLogIsReported() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        try await fill(journal)
        // As after a crash: the files as they are at this moment.
        let copy = try Folder()
        for name in ["", "-wal", "-mark"] { try Folder.run("cp", folder.journalPath + name, copy.journalPath + name) }
        let live = Int(journal.figures.logBytes) + 32
        await journal.close()
        #expect(try reported(in: copy.journalPath + "-wal", bytes: live, of: copy.journalPath) == Self.flips)
    }

    @Test func eachInABackupIsReported() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        try await fill(journal)
        let backup = folder.path + "/backup.db"
        _ = try JournalBackup.make(of: folder.journalPath, at: backup)
        await journal.close()
        #expect(try reported(in: backup, of: backup) == Self.flips)
    }

    @Test func withoutSealsMostWouldGoUnseen() async throws {
        // What the test above is worth: SQLite by itself does not see most of them.
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        try await fill(journal)
        await journal.close()
        let url = URL(fileURLWithPath: folder.journalPath)
        let whole = try Data(contentsOf: url)
        var draws = Draws()
        var unseen = 0
        for _ in 0..<50 {
            let bit = Int.random(in: 0..<whole.count * 8, using: &draws)
            var flipped = whole
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            try flipped.write(to: url)
            if Stranger(folder.journalPath, isPlain: true).text("PRAGMA integrity_check") == "ok" { unseen += 1 }
        }
        #expect(unseen > 25)
    }
}
