import FolderKit
import Foundation
import Model
import Testing
import Threads

@testable import Journal

/// Goal: nobody waits for ever, for a disk or for room, and the log stays within its bound whoever reads in it.
@Suite(.timeLimit(.minutes(2)))
struct StuckTests {
    private let large = [UInt8](repeating: 7, count: 20_000)

    /// Appends it beside what else happens, and tells what that failed of.
    private func refusal(of receipt: Receipt, by journal: SQLiteJournal) -> Task<JournalError?, Never> {
        Task {
            do throws(JournalError) {
                _ = try await journal.append(receipt)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func whoWaitsForAStuckDiskIsAnswered() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.patienceMs = 60_000 })
        let stranger = Stranger.holding(folder)
        let first = refusal(of: .sample(1), by: journal)
        while !journal.line.isWriting { await Task.yield() }
        journal.tick()
        let second = refusal(of: .sample(2), by: journal)
        await journal.waits(for: 2)
        for _ in 1..<7 { journal.tick() }
        #expect(journal.figures.waitingReceipts == 2)
        journal.tick()
        #expect(await first.value == .busy)
        // The other came a tick later, and is answered a tick later.
        #expect(journal.figures.waitingReceipts == 2)
        journal.tick()
        #expect(await second.value == .busy)
        // Whoever comes now need not wait to hear it.
        await #expect(throws: JournalError.busy) { try await journal.append(.sample(3)) }

        // The commit comes to its end after all: what it wrote stays, and is known when it comes again.
        stranger.run("ROLLBACK")
        await journal.waits(for: 0)
        #expect(try await journal.append(.sample(1)).isDuplicate)
        #expect(try await journal.append(.sample(2)).newEvents == 1)
        #expect(try await journal.all().map(\.event) == [.sample(1), .sample(2)])
        await journal.close()
    }

    @Test func aReaderThatDoesNotEndKeepsTheLogWithinItsBound() async throws {
        let folder = try Folder()
        let settings = SQLiteJournal.Settings.with {
            $0.logBytesGoal = 64 << 10
            $0.logBytesMax = 512 << 10
        }
        let journal = try SQLiteJournal.open(folder, settings)
        _ = try await journal.append(.sample(0))
        let stranger = Stranger.reading(folder)
        var taken = 0
        await #expect(throws: JournalError.busy) {
            for number in 1...100 {
                _ = try await journal.append(.sample(number, body: large))
                taken = number
            }
        }
        #expect(journal.figures.isLogHeld)
        // Sinks go on.
        try await journal.record(Steps(cursor: 1), for: "crm")
        let log = try FileManager.default.attributesOfItem(atPath: folder.journalPath + "-wal")[.size] as? Int
        #expect(try #require(log) < 512 << 10)
        stranger.run("COMMIT")
        #expect(try await journal.append(.sample(taken + 1, body: large)).newEvents == 1)
        #expect(!journal.figures.isLogHeld)
        await journal.close()
    }
}
