import FolderKit
import Journal
import Model
import Testing

/// Goal: where a sink stands moves in one piece, and outlives the process.
struct SinkStepsTests {
    private func postponed(_ sequence: Int64, attempts: Int = 1, dueMs: Int64) -> Steps.Postponed {
        Steps.Postponed(
            sequence: sequence, attempts: attempts, firstTriedAt: .start,
            dueAt: Instant.start.advanced(byMilliseconds: dueMs), reason: "HTTP 503")
    }

    private func buried(_ sequence: Int64) -> Steps.Buried {
        Steps.Buried(sequence: sequence, attempts: 9, at: .start, reason: "HTTP 410")
    }

    private func settled(_ sequence: Int64) -> Steps.Settled {
        Steps.Settled(sequence: sequence, attempts: 2, at: .start)
    }

    private func filled(_ folder: Folder) async throws -> SQLiteJournal {
        let journal = try SQLiteJournal.open(folder)
        for number in 1...9 { _ = try await journal.append(.sample(number)) }
        return journal
    }

    @Test func startsBeforeTheFirstEvent() async throws {
        let journal = try await filled(Folder())
        #expect(try await journal.progress(of: "crm") == Progress())
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).isEmpty)
        await journal.close()
    }

    @Test func movesCursorAndPositionEachOnItsOwn() async throws {
        let folder = try Folder()
        let journal = try await filled(folder)
        try await journal.record(Steps(cursor: 3, position: [0, 255, 1]), for: "archive")
        #expect(try await journal.progress(of: "archive") == Progress(cursor: 3, position: [0, 255, 1]))
        try await journal.record(Steps(cursor: 5), for: "archive")
        #expect(try await journal.progress(of: "archive") == Progress(cursor: 5, position: [0, 255, 1]))
        try await journal.record(Steps(position: []), for: "archive")
        #expect(try await journal.progress(of: "archive") == Progress(cursor: 5, position: []))
        #expect(try await journal.progress(of: "crm") == Progress())
        await journal.close()
        let again = try SQLiteJournal.open(folder)
        #expect(try await again.progress(of: "archive") == Progress(cursor: 5))
        await again.close()
    }

    @Test func whatIsToBeSentAgainComesApartFromWhatFailed() async throws {
        let journal = try await filled(Folder())
        try await journal.record(Steps(cursor: 9, postponed: [postponed(3, dueMs: 1)]), for: "crm")
        try await journal.record(Steps(at: .start, replayed: [2, 3, 5]), for: "crm")
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).map(\.entry.sequence) == [3])
        #expect(try await journal.replays(of: "crm", after: 0, limit: 1).map(\.entry.sequence) == [2])
        #expect(try await journal.replays(of: "crm", after: 2, limit: 9).map(\.entry.event) == [.sample(5)])
        // One that fails is a retry like all others from then on.
        try await journal.record(Steps(postponed: [postponed(5, dueMs: 1)], settled: [settled(2)]), for: "crm")
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).map(\.entry.sequence) == [3, 5])
        #expect(try await journal.replays(of: "crm", after: 0, limit: 9).isEmpty)
        await journal.close()
    }

    @Test func retriesComeInTheirOrderPageByPage() async throws {
        let journal = try await filled(Folder())
        let steps = [postponed(2, dueMs: 300), postponed(3, dueMs: 100), postponed(4, dueMs: 200)]
        try await journal.record(Steps(cursor: 4, postponed: steps), for: "crm")
        try await journal.record(Steps(cursor: 4, postponed: [postponed(1, dueMs: 1)]), for: "other")
        let first = try await journal.retries(of: "crm", after: 0, limit: 2)
        #expect(first.map(\.entry.sequence) == [2, 3])
        #expect(first.last?.entry.event == .sample(3))
        #expect(first.last?.attempts == 1 && first.last?.firstTriedAt == .start)
        #expect(first.last?.dueAt == Instant.start.advanced(byMilliseconds: 100))
        #expect(try await journal.retries(of: "crm", after: 3, limit: 2).map(\.entry.sequence) == [4])
        #expect(try await journal.retries(of: "crm", after: 4, limit: 2).isEmpty)

        try await journal.record(
            Steps(postponed: [postponed(3, attempts: 2, dueMs: 400)], settled: [settled(4)]), for: "crm")
        let rest = try await journal.retries(of: "crm", after: 0, limit: 9)
        #expect(rest.map(\.entry.sequence) == [2, 3])
        #expect(rest.last?.attempts == 2)
        await journal.close()
    }

    @Test func buryingEndsTheRetries() async throws {
        let folder = try Folder()
        let journal = try await filled(folder)
        try await journal.record(Steps(cursor: 2, postponed: [postponed(2, dueMs: 5)], buried: [buried(1)]), for: "crm")
        try await journal.record(Steps(buried: [buried(2)]), for: "crm")
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).isEmpty)
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(try await browser.deadLetters(of: "crm").letters.map(\.entry.sequence) == [1, 2])
        // A dead letter that is to be sent again is one no more.
        try await journal.record(Steps(postponed: [postponed(1, dueMs: 0)]), for: "crm")
        #expect(try await browser.deadLetters(of: "crm").letters.map(\.entry.sequence) == [2])
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).map(\.dueAt) == [.start])
        await browser.close()
        await journal.close()
    }

    @Test func stepsAreOneTransaction() async throws {
        let folder = try Folder()
        let journal = try await filled(folder)
        let commits = journal.figures.commits
        let steps = Steps(
            cursor: 7, position: [1], postponed: [postponed(6, dueMs: 1)], buried: [buried(7)], settled: [settled(5)])
        try await journal.record(steps, for: "crm")
        #expect(journal.figures.commits == commits + 1)
        try await journal.record(Steps(), for: "crm")
        #expect(journal.figures.commits == commits + 1)
        await journal.close()
    }

    @Test func aFailedTransactionMovesNothing() async throws {
        let folder = try Folder()
        let journal = try await filled(folder)
        try await journal.record(Steps(cursor: 1), for: "crm")
        // The last row that the steps write is refused, when all else is written.
        let trigger = "CREATE TRIGGER no BEFORE INSERT ON dead_letters BEGIN SELECT raise(ABORT, 'no'); END"
        #expect(Stranger(folder.journalPath).run(trigger) == 0)
        await #expect(throws: JournalError.self) {
            try await journal.record(
                Steps(cursor: 7, postponed: [postponed(6, dueMs: 1)], buried: [buried(7)]), for: "crm")
        }
        #expect(try await journal.progress(of: "crm") == Progress(cursor: 1))
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).isEmpty)
        await journal.close()
    }
}
