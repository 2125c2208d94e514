import FolderKit
import Foundation
import Journal
import Model
import Testing
import Threads

/// Goal: many share one commit, too many are told so at once, and a full disk is neither lied about nor for ever.
@Suite(.timeLimit(.minutes(1)))
struct PressureTests {
    /// It waits for whoever holds the file for longer than a test may last.
    private static let withPlaceForFour = SQLiteJournal.Settings.with {
        $0.patienceMs = 60_000
        $0.waitingReceiptsMax = 4
    }
    private let large = [UInt8](repeating: 1, count: 9_000)

    /// Appends so many at once, does something while all of them wait, and returns when all are there.
    private func appendTogether(
        _ count: Int, to journal: SQLiteJournal, whileTheyWait: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...count {
                group.addTask { _ = try await journal.append(.sample(number)) }
            }
            await journal.waits(for: count)
            try await whileTheyWait()
            try await group.waitForAll()
        }
    }

    // What the first flush found when it began, and all that came while it waited; in batches of ten it takes more of them.
    @Test(arguments: [(512, 200, 1...2), (10, 40, 4...5)])
    func sharesCommitsWithinTheBoundOfABatch(_ batchMax: Int, _ count: Int, _ commits: ClosedRange<Int64>) async throws
    {
        let folder = try Folder()
        let settings = SQLiteJournal.Settings.with {
            $0.patienceMs = 60_000
            $0.batchReceiptsMax = batchMax
        }
        let journal = try SQLiteJournal.open(folder, settings)
        let stranger = Stranger.holding(folder)
        try await appendTogether(count, to: journal) { stranger.run("ROLLBACK") }
        #expect(commits ~= journal.figures.commits)
        #expect(journal.figures.receipts == count)
        #expect(try await journal.all().count == count)
        #expect(journal.figures.waitingReceipts == 0 && journal.figures.waitingBytes == 0)
        await journal.close()
    }

    @Test func whatElseIsAskedIsDoneInBetweenHoweverManyWait() async throws {
        let folder = try Folder()
        let settings = SQLiteJournal.Settings.with {
            $0.patienceMs = 60_000
            $0.batchReceiptsMax = 1
        }
        let journal = try SQLiteJournal.open(folder, settings)
        let stranger = Stranger.holding(folder)
        try await appendTogether(200, to: journal) {
            // It is on its way to the writer when this returns.
            let erasure = Task.immediate { try await journal.erase(Mentions()) }
            stranger.run("ROLLBACK")
            _ = try await erasure.value
            #expect(journal.figures.waitingReceipts > 0)
        }
        await journal.close()
    }

    /// The longest body that can be configured, with two events that both tell its text. What a writer leaves unused behind
    /// an event does not count: one that is refused while nothing else waits is refused for ever.
    @Test func takesInTheLargestRequestThereCanBe() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let longest = 8 << 20
        let events = (1...2).map { number in
            let event = FrozenEvent.sample(number)
            var bytes = [UInt8](repeating: 1, count: longest)
            bytes.reserveCapacity(2 * longest)
            return FrozenEvent(id: event.id, label: event.label, subject: event.subject, bytes: bytes)
        }
        let receipt = Receipt.sample(1, events: events, body: [UInt8](repeating: 2, count: longest))
        #expect(try await journal.append(receipt).newEvents == 2)
        await journal.close()
    }

    @Test func refusesAtOnceWhatFindsNoPlace() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, Self.withPlaceForFour)
        let stranger = Stranger.holding(folder)
        try await appendTogether(4, to: journal) {
            // The disk gives no answer meanwhile: this one comes from before it.
            await #expect(throws: JournalError.busy) { try await journal.append(.sample(5)) }
            stranger.run("ROLLBACK")
        }
        #expect(try await journal.append(.sample(5)).newEvents == 1)
        await journal.close()
    }

    @Test func hasPlaceForAllThatComesTogetherOrForNone() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, Self.withPlaceForFour)
        let stranger = Stranger.holding(folder)
        try await appendTogether(3, to: journal) {
            #expect(await journal.outcomes(of: [.sample(4), .sample(5)]) == [.failure(.busy), .failure(.busy)])
            async let fits = journal.outcomes(of: [.sample(4)])
            await journal.waits(for: 4)
            stranger.run("ROLLBACK")
            #expect(await fits == [.success(Appended(newEvents: 1, newFaults: 0))])
        }
        #expect(try await journal.all().count == 4)
        #expect(journal.figures.waitingReceipts == 0 && journal.figures.waitingBytes == 0)
        await journal.close()
    }

    @Test func appendsThatShareACommitAreToldApart() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.patienceMs = 60_000 })
        let stranger = Stranger.holding(folder)
        async let ahead = journal.outcomes(of: [.sample(1)])
        await journal.waits(for: 1)
        async let two = journal.outcomes(of: [.sample(2), .sample(1)])
        await journal.waits(for: 3)
        async let three = journal.outcomes(of: [.sample(2), .sample(3), .sample(4)])
        await journal.waits(for: 6)
        stranger.run("ROLLBACK")
        let news = try await [ahead, two, three].map { try $0.map { try #require($0).get().newEvents } }
        #expect(news == [[1], [1, 0], [0, 1, 1]])
        #expect(journal.figures.commits <= 2)
        #expect(journal.figures.waitingReceipts == 0 && journal.figures.waitingBytes == 0)
        await journal.close()
    }

    @Test func whatComesTogetherSharesACommitWhateverItsBound() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.batchReceiptsMax = 2 })
        let outcomes = await journal.outcomes(of: (1...5).map { .sample($0) })
        #expect(outcomes == (1...5).map { _ in .success(Appended(newEvents: 1, newFaults: 0)) })
        #expect(journal.figures.commits == 1)
        #expect(try await journal.all().map(\.event) == (1...5).map { .sample($0) })
        #expect(journal.figures.waitingReceipts == 0 && journal.figures.waitingBytes == 0)
        await journal.close()
    }

    @Test func boundsBytesThatWait() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.waitingBytesMax = 100_000 })
        await #expect(throws: JournalError.busy) {
            try await journal.append(.sample(1, body: [UInt8](repeating: 1, count: 100_000)))
        }
        #expect(try await journal.append(.sample(1, body: [UInt8](repeating: 1, count: 90_000))).newEvents == 1)
        await journal.close()
    }

    @Test func isBusyWhileAnotherHoldsTheFile() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.patienceMs = 1 })
        let stranger = Stranger.holding(folder)
        await #expect(throws: JournalError.busy) { try await journal.append(.sample(1)) }
        stranger.run("ROLLBACK")
        #expect(try await journal.append(.sample(1)).newEvents == 1)
        await journal.close()
    }

    @Test func holdsRoomBackForTheSinks() async throws {
        let folder = try Folder()
        let clock = Lock(Instant.start)
        let free = Lock(Int64(99))
        let asked = Lock(0)
        let settings = SQLiteJournal.Settings.with {
            $0.reserveBytes = 100
            $0.freeBytes = { _ in
                asked.withLock { $0 += 1 }
                return free.withLock { $0 }
            }
        }
        let journal = try SQLiteJournal.open(
            at: folder.journalPath, settings: settings, now: { clock.withLock { $0 } })
        for number in 1...3 {
            await #expect(throws: JournalError.full) { try await journal.append(.sample(number)) }
        }
        #expect(asked.withLock { $0 } == 1)
        #expect(journal.figures.commits == 0)
        // What sinks record goes on.
        try await journal.record(Steps(cursor: 0, position: [1]), for: "archive")
        #expect(try await journal.progress(of: "archive").position == [1])

        free.withLock { $0 = 100 }
        await #expect(throws: JournalError.full) { try await journal.append(.sample(1)) }
        clock.withLock { $0 = $0.advanced(byMilliseconds: 1_000) }
        #expect(try await journal.append(.sample(1)).newEvents == 1)
        #expect(asked.withLock { $0 } == 2)
        await journal.close()
    }

    @Test func aReserveLargerThanTheDiskIsFull() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.reserveBytes = .max })
        await #expect(throws: JournalError.full) { try await journal.append(.sample(1)) }
        #expect(try await journal.all().isEmpty)
        await journal.close()
    }

    @Test func keepsTheLogSmall() async throws {
        let folder = try Folder()
        let settings = SQLiteJournal.Settings.with {
            $0.logBytesGoal = 64 << 10
            $0.logBytesMax = 256 << 10
        }
        let journal = try SQLiteJournal.open(folder, settings)
        var stored = 0
        // How soon the log is copied is for the machine to say; how long it gets meanwhile is not.
        while journal.figures.checkpoints <= 5, stored < 2_000 {
            stored += 1
            _ = try await journal.append(.sample(stored, body: large))
            #expect(JournalRoom(ofJournal: folder.journalPath).logBytes < 300 << 10)
        }
        #expect(journal.figures.checkpoints > 5)
        await journal.tidy()
        #expect(JournalRoom(ofJournal: folder.journalPath).logBytes == 0)
        #expect(try await journal.all().count == stored)
        await journal.close()
    }

    @Test func aReaderInTheWayStopsNobody() async throws {
        let folder = try Folder()
        let settings = SQLiteJournal.Settings.with {
            $0.logBytesGoal = 64 << 10
            $0.logBytesMax = 8 << 20
        }
        let journal = try SQLiteJournal.open(folder, settings)
        _ = try await journal.append(.sample(0))
        let stranger = Stranger.reading(folder)
        for number in 1...100 { _ = try await journal.append(.sample(number, body: large)) }
        #expect(stranger.number("SELECT count(*) FROM events") == 1)
        stranger.run("COMMIT")
        await journal.tidy()
        #expect(stranger.number("SELECT count(*) FROM events") == 101)
        #expect(journal.failure == nil)
        await journal.close()
    }
}
