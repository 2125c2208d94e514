import FolderKit
import Foundation
import Journal
import Model
import Testing
import Threads

/// Goal: a file that is not to be trusted is not trusted again, and an end is an end.
@Suite(.timeLimit(.minutes(2)))
struct TrustTests {
    private func isBroken(_ ask: () async throws(JournalError) -> Void) async -> Bool {
        do {
            try await ask()
            return false
        } catch .broken {
            return true
        } catch {
            return false
        }
    }

    /// A journal of a hundred events, one page of which is overwritten by another program.
    private func damaged(_ folder: Folder, rootOf name: String) async throws {
        let journal = try SQLiteJournal.open(folder)
        for number in 1...100 { _ = try await journal.append(.sample(number)) }
        await journal.close()
        let page = Stranger(folder.journalPath).number("SELECT rootpage FROM sqlite_schema WHERE name = '\(name)'")
        try #require(page > 1)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.journalPath))
        try file.seek(toOffset: UInt64(page - 1) * 4_096)
        try file.write(contentsOf: Data(repeating: 0xFF, count: 4_096))
        try file.close()
    }

    @Test func staysBroken() async throws {
        let folder = try Folder()
        try await damaged(folder, rootOf: "requests_by_request_id")
        let told = Lock<[JournalError]>([])
        let journal = try SQLiteJournal.open(folder, whenBroken: { error in told.withLock { $0.append(error) } })
        #expect(journal.failure == nil)
        #expect(await isBroken { () throws(JournalError) in _ = try await journal.append(.sample(200)) })
        let failure = try #require(journal.failure)
        #expect(told.withLock { $0 } == [failure])
        // Nothing reaches the file any more: not even what would have gone well.
        let faults = Receipt.sample(201, events: [], faults: [Fault(path: "$", reason: "new")])
        #expect(await isBroken { () throws(JournalError) in _ = try await journal.append(faults) })
        #expect(await isBroken { () throws(JournalError) in try await journal.record(Steps(cursor: 1), for: "crm") })
        #expect(told.withLock { $0 } == [failure])
        #expect(journal.figures.commits == 0)
        await journal.close()
    }

    @Test func leavesABrokenFileToTheNextStart() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...20 { _ = try await journal.append(.sample(number)) }
        let size = try FileManager.default.attributesOfItem(atPath: folder.journalPath)[.size] as? Int
        Stranger(folder.journalPath).run("ALTER TABLE quarantine RENAME TO elsewhere")
        let receipt = Receipt.sample(21, faults: [Fault(path: "$", reason: "new")])
        #expect(await isBroken { () throws(JournalError) in _ = try await journal.append(receipt) })
        await journal.close()
        #expect(try FileManager.default.attributesOfItem(atPath: folder.journalPath)[.size] as? Int == size)
        Stranger(folder.journalPath).run("ALTER TABLE elsewhere RENAME TO quarantine")
        let again = try SQLiteJournal.open(folder)
        #expect(try await again.all().map(\.event) == (1...20).map { .sample($0) })
        #expect(try await again.append(receipt) == Appended(newEvents: 1, newFaults: 1))
        await again.close()
    }

    @Test func readingFindsItToo() async throws {
        let folder = try Folder()
        try await damaged(folder, rootOf: "labels")
        let journal = try SQLiteJournal.open(folder)
        #expect(
            await isBroken { () throws(JournalError) in
                _ = try await journal.read(after: 0, limit: 10, matching: EntryFilter())
            })
        #expect(await isBroken { () throws(JournalError) in _ = try await journal.append(.sample(1)) })
        await journal.close()
    }

    @Test func isNotOpenedWhereItCannotTellWhatItHas() async throws {
        let folder = try Folder()
        try await damaged(folder, rootOf: "events")
        let error = #expect(throws: JournalError.self) { _ = try SQLiteJournal.open(folder) }
        #expect(String(describing: error).contains("mogate.db is not as it was written"))
    }

    @Test func allWhoShareABrokenCommitAreTold() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.patienceMs = 60_000 })
        let stranger = Stranger(folder.journalPath)
        #expect(stranger.run("BEGIN IMMEDIATE; DROP TABLE events") == 0)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for number in 1...20 {
                group.addTask {
                    await isBroken { () throws(JournalError) in _ = try await journal.append(.sample(number)) }
                }
            }
            await journal.waits(for: 20)
            stranger.run("COMMIT")
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused == 20)
        #expect(journal.figures.waitingReceipts == 0)
        await journal.close()
        #expect(stranger.number("SELECT count(*) FROM requests") == 0)
    }

    @Test func aRefusedBatchLeavesNothingAndTheNextIsWhole() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.patienceMs = 1 })
        let stranger = Stranger(folder.journalPath)
        stranger.run("BEGIN IMMEDIATE")
        await #expect(throws: JournalError.busy) { try await journal.append(.sample(1, source: "first")) }
        stranger.run("ROLLBACK")
        // Short numbers that the first one would have given out are given out anew.
        _ = try await journal.append(.sample(1, source: "first"))
        _ = try await journal.append(.sample(2, source: "second"))
        #expect(try await journal.all().map(\.sequence) == [1, 2])
        await journal.close()
    }

    @Test func closesForGood() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(1))
        await journal.close()
        await journal.close()
        await #expect(throws: JournalError.closed) { try await journal.append(.sample(2)) }
        await #expect(throws: JournalError.closed) { try await journal.record(Steps(cursor: 1), for: "crm") }
        await #expect(throws: JournalError.closed) {
            try await journal.read(after: 0, limit: 1, matching: EntryFilter())
        }
        await #expect(throws: JournalError.closed) { try await journal.progress(of: "crm") }
    }

    @Test func writesWhatWaitsBeforeItCloses() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.patienceMs = 60_000 })
        let stranger = Stranger.holding(folder)
        async let first = journal.append(.sample(1))
        await journal.waits(for: 1)
        async let second = journal.append(.sample(2))
        await journal.waits(for: 2)
        async let end: Void = journal.close()
        stranger.run("ROLLBACK")
        let news = try await first.newEvents + second.newEvents
        await end
        #expect(news == 2)
        #expect(stranger.number("SELECT count(*) FROM events") == 2)
    }

    @Test func closingWhileManyCallLosesNoAnswer() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let (written, answers) = await withTaskGroup(of: (Int, Int).self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var written = 0
                    var answers = 0
                    for number in 0..<200 {
                        do throws(JournalError) {
                            _ = try await journal.append(.sample(worker * 200 + number))
                            written += 1
                        } catch {
                            if error != .closed { return (-1_000_000, 0) }
                        }
                        if (try? await journal.read(after: 0, limit: 1, matching: EntryFilter())) != nil {
                            answers += 1
                        }
                    }
                    return (written, answers)
                }
            }
            while journal.figures.receipts < 50 { await Task.yield() }
            await journal.close()
            return await group.reduce(into: (0, 0)) { $0 = ($0.0 + $1.0, $0.1 + $1.1) }
        }
        #expect(written >= 50 && answers > 0)
        #expect(Stranger(folder.journalPath).number("SELECT count(*) FROM events") == Int64(written))
    }
}
