import CPages
import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: a damaged page among the newest rows keeps a journal neither from starting nor from taking in more, costs only
/// what was changed on it, and is told.
///
/// Method: bits drawn by a fixed seed are flipped in the pages of a journal that was closed, each in a copy of its own.
struct MendingTests {
    private static let events = 120

    /// A journal whose every table has some pages.
    private func filled(_ folder: Folder) async throws {
        let journal = try SQLiteJournal.open(folder)
        for number in 1...Self.events {
            let body = number.isMultiple(of: 40) ? [UInt8](repeating: 7, count: 9_000) : nil
            _ = try await journal.append(
                .sample(number, events: [.sample(number, padding: number.isMultiple(of: 30) ? 9_000 : 400)], body: body)
            )
        }
        await journal.close()
    }

    /// What the sinks are given and what they are told is damaged; opened anew for each page that turns out to be.
    private func readAll(_ folder: Folder) async throws -> (sound: [Int64], damaged: [Int64], mended: [MendedPage]) {
        var mended: [MendedPage] = []
        while true {
            let journal = try SQLiteJournal.open(folder)
            mended += journal.mended
            let found = try? await readOnce(journal)
            await journal.close()
            if let found { return (found.sound, found.damaged, mended) }
        }
    }

    private func readOnce(_ journal: SQLiteJournal) async throws -> (sound: [Int64], damaged: [Int64]) {
        var sound: [Int64] = []
        var damaged: [Int64] = []
        var through: Int64 = 0
        while through < journal.figures.newest {
            let batch = try await journal.read(after: through, limit: 64, matching: EntryFilter())
            for entry in batch.entries {
                let padding = entry.sequence.isMultiple(of: 30) ? 9_000 : 400
                #expect(entry.event == .sample(Int(entry.sequence), padding: padding))
            }
            sound += batch.entries.map(\.sequence)
            damaged += batch.damaged
            through = batch.through
        }
        return (sound, damaged)
    }

    @Test func aPageOfWhichNothingIsLeftCostsAllThatWasOnItAndNoMore() async throws {
        let folder = try Folder()
        try await filled(folder)
        let pages = try PageDamage.pages(of: .events, in: folder.journalPath)
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder.journalPath))
        let file = try PageFile(folder.journalPath)
        let leaves = try pages.filter { page in if case .inner = try file.place(of: page) { true } else { false } }
        for page in [leaves[3], try #require(leaves.max())] {
            try handle.seek(toOffset: UInt64(page - 1) * UInt64(PAGES_BYTES))
            try handle.write(contentsOf: Data((0..<Int(PAGES_BYTES)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }))
        }
        try handle.close()
        let (sound, damaged, mended) = try await readAll(folder)
        #expect(mended.count == 2 && mended.flatMap(\.events).sorted() == damaged)
        #expect(damaged.count > 2 && damaged.count < 40)
        #expect((sound + damaged).sorted() == Array(1...Int64(Self.events)))
    }

    @Test func whatNothingElseTellsIsNotMadeUp() async throws {
        let folder = try Folder()
        try await filled(folder)
        let root = Stranger(folder.journalPath).number("SELECT rootpage FROM sqlite_schema WHERE name = 'events'")
        try PageDamage.flip(bit: 300, ofPage: root, in: folder.journalPath)
        let error = #expect(throws: JournalError.self) { () throws in _ = try SQLiteJournal.open(folder) }
        let words = "page \(root), of events, of \(folder.journalPath) is not as it was written, and nothing else tells"
        #expect(error.map { "\($0)".contains(words) } == true)
    }

    @Test(arguments: [JournalTable.events, .requests, .commits], 0..<8)
    func aFlippedBitCostsNoMoreThanTheRowItIsIn(_ table: JournalTable, _ seed: UInt64) async throws {
        let whole = try Folder()
        try await filled(whole)
        let pages = try PageDamage.pages(of: table, in: whole.journalPath)
        try #require(pages.count > 2)
        var draws = Draws(state: seed)
        for _ in 0..<5 {
            let folder = try Folder()
            for name in ["", "-mark"] { try Folder.run("cp", whole.journalPath + name, folder.journalPath + name) }
            // Every second one in the page that the next row goes to.
            let page = try #require(Bool.random(using: &draws) ? pages.max() : pages.randomElement(using: &draws))
            let bit = Int.random(in: 0..<LeafPage.usableBytes * 8, using: &draws)
            try PageDamage.flip(bit: bit, ofPage: page, in: folder.journalPath)

            let (sound, damaged, mended) = try await readAll(folder)
            #expect(damaged.count <= 1, "\(table) page \(page) bit \(bit): \(damaged)")
            #expect((sound + damaged).sorted() == Array(1...Int64(Self.events)), "\(table) page \(page) bit \(bit)")
            #expect(mended.flatMap(\.events) == damaged)
            // It takes in more, and knows what it knew.
            let journal = try SQLiteJournal.open(folder)
            #expect(try await journal.append(.sample(Self.events + 1)).newEvents == 1)
            #expect(try await journal.append(.sample(Int(try #require(sound.last)))).isDuplicate)
            // What was lost comes back where it is sent again.
            for number in damaged.map({ Int($0) }) {
                let event = FrozenEvent.sample(number, padding: number.isMultiple(of: 30) ? 9_000 : 400)
                #expect(try await journal.append(.sample(1_000 + number, events: [event])).newEvents == 1)
            }
            await journal.close()
            let verification = try JournalAudit.verify(path: folder.journalPath)
            let isTold = verification.remarks.contains { if case .mended = $0 { true } else { false } }
            #expect(isTold != mended.isEmpty)
            #expect(!verification.isSound || isTold)
        }
    }
}
