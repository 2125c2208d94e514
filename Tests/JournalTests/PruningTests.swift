import FolderKit
import Foundation
import Journal
import Model
import Testing
import Threads

/// Goal: what is old and delivered goes, with all that belongs to it and its room; what anyone still waits for stays.
struct PruningTests {
    private func moment(_ milliseconds: Int64) -> Instant { Instant.start.advanced(byMilliseconds: milliseconds) }

    private func journal(_ folder: Folder, events: ClosedRange<Int>) async throws -> SQLiteJournal {
        let journal = try SQLiteJournal.open(folder, .with { $0.pruneRowsMax = 7 })
        for number in events { _ = try await journal.append(.sample(number)) }
        return journal
    }

    private func numbers(_ journal: SQLiteJournal) async throws -> [Int64] { try await journal.all().map(\.sequence) }

    @Test func whatIsOldAndDeliveredGoes() async throws {
        let folder = try Folder()
        let journal = try await journal(folder, events: 1...40)
        try await journal.record(Steps(cursor: 30), for: "crm")
        try await journal.record(Steps(cursor: 40), for: "archive")
        let retention = Retention(before: moment(21), sinks: ["crm", "archive"])
        var expected = Pruned()
        expected.events = 20
        expected.requests = 20
        #expect(try await journal.prune(retention) == expected)
        #expect(try await numbers(journal) == Array(21...40))
        #expect(try await journal.prune(retention).isNothing)
        // No age lets one go that a sink has not passed.
        #expect(try await journal.prune(Retention(before: moment(99), sinks: ["crm", "archive"])).events == 10)
        #expect(try await numbers(journal) == Array(31...40))
        #expect(try await journal.prune(Retention(before: moment(99), sinks: ["archive", "new"])).isNothing)
        #expect(try await journal.prune(Retention(before: moment(99), sinks: ["archive"])).events == 10)
        let stranger = Stranger(folder.journalPath)
        #expect(stranger.number("SELECT count(*) FROM requests") == 0)
        // Whoever begins now sees that there is nothing, rather than nothing yet.
        #expect(try await journal.read(after: 0, limit: 9, matching: EntryFilter()).through == 40)
        // What was pruned is still known for a while, and numbers go on.
        #expect(try await journal.append(.sample(1)).isDuplicate)
        #expect(try await journal.append(.sample(41)).newEvents == 1)
        #expect(try await numbers(journal) == [41])
        await journal.close()
        let again = try SQLiteJournal.open(folder)
        #expect(try await numbers(again) == [41])
        await again.close()
    }

    @Test func whatASinkStillHoldsStays() async throws {
        let folder = try Folder()
        let journal = try await journal(folder, events: 1...20)
        let retry = Steps.Postponed(sequence: 3, attempts: 1, firstTriedAt: .start, dueAt: .start, reason: "slow")
        let dead = (8...17).map { Steps.Buried(sequence: $0, attempts: 1, at: .start, reason: "gone") }
        try await journal.record(Steps(cursor: 20, postponed: [retry]), for: "crm")
        try await journal.record(Steps(cursor: 20, buried: dead), for: "gone")
        let retention = Retention(before: moment(99), sinks: ["crm"])
        #expect(try await journal.prune(retention).events == 9)
        #expect(try await numbers(journal) == [3] + Array(8...17))
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(try await browser.deadLetters().letters.map(\.entry.sequence) == Array(8...17))
        #expect(try await browser.request(Receipt.sample(8).requestId)?.body == Receipt.sample(8).body)
        await browser.close()
        try await journal.record(Steps(settled: [Steps.Settled(sequence: 3, attempts: 2, at: .start)]), for: "crm")
        #expect(try await journal.prune(retention).events == 1)
        #expect(try await numbers(journal) == Array(8...17))
        await journal.close()
    }

    @Test func aRequestGoesWithTheLastOfIt() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let fault = Fault(path: "$", reason: "unreadable")
        _ = try await journal.append(.sample(1, events: [.sample(1), .sample(2)]))
        _ = try await journal.append(.sample(5, events: [.sample(5)], faults: [fault]))
        _ = try await journal.append(.sample(6, events: [], faults: [fault]))
        _ = try await journal.append(.sample(7, events: [.sample(7)]))
        // Read again, long after: it is as old as its request, and new to the sink.
        _ = try await journal.append(.sample(1, events: [.sample(3)], isReplay: true))
        let stranger = Stranger(folder.journalPath)
        let requests = "SELECT count(*) FROM requests"
        let before6 = Retention(before: moment(6), sinks: ["crm"])

        try await journal.record(Steps(cursor: 1), for: "crm")
        #expect(try await journal.prune(before6).requests == 0)
        try await journal.record(Steps(cursor: 3), for: "crm")
        let second = try await journal.prune(before6)
        // The second request's event and fault are gone; the first one still has an event.
        #expect(second.events == 2 && second.requests == 1 && stranger.number(requests) == 3)
        try await journal.record(Steps(cursor: 5), for: "crm")
        // The replayed event stands behind a younger one, and waits for it.
        #expect(try await journal.prune(before6).isNothing)
        let last = try await journal.prune(Retention(before: moment(8), sinks: ["crm"]))
        #expect(last.events == 2 && last.faults == 1 && last.requests == 3)
        #expect(stranger.number(requests) == 0 && stranger.number("SELECT count(*) FROM replays") == 0)
        await journal.close()
    }

    @Test func quarantineAndSightingsGoByAge() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.pruneRowsMax = 2 })
        for number in 1...9 {
            _ = try await journal.append(
                .sample(
                    number, events: [], faults: [Fault(path: "$", reason: "\(number)")],
                    sightings: [Sighting(kind: .field, path: "$.\(number)")]))
        }
        let pruned = try await journal.prune(Retention(before: moment(6), sinks: ["crm"]))
        #expect(pruned.faults == 5 && pruned.requests == 5 && pruned.sightings == 5 && pruned.events == 0)
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(try await browser.quarantine().items.map(\.fault.reason) == ["6", "7", "8", "9"])
        #expect(try await browser.sightings().records.map(\.sighting.path) == ["$.6", "$.7", "$.8", "$.9"])
        await browser.close()
        await journal.close()
    }

    @Test func nothingGoesWhereNothingIsSaid() async throws {
        let journal = try await journal(Folder(), events: 1...9)
        #expect(try await journal.prune(Retention(sinks: [])) == Pruned())
        #expect(try await numbers(journal).count == 9)
        await journal.close()
    }

    private func large(_ numbers: ClosedRange<Int>, in journal: SQLiteJournal) async throws {
        for number in numbers {
            _ = try await journal.append(.sample(number, body: [UInt8](repeating: UInt8(number % 200), count: 20_000)))
        }
    }

    private func fileBytes(_ folder: Folder) throws -> Int {
        let sizes = try ["", "-wal"].map {
            try FileManager.default.attributesOfItem(atPath: folder.journalPath + $0)[.size] as? Int ?? 0
        }
        return sizes.reduce(0, +)
    }

    @Test func staysWithinItsBytes() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.freeBytesKept = 0 })
        try await large(1...200, in: journal)
        #expect(try fileBytes(folder) > 4_000_000)
        try await journal.record(Steps(cursor: 200), for: "crm")
        let retention = Retention(before: .start, bytesMax: 1_000_000, sinks: ["crm"])
        let pruned = try await journal.prune(retention)
        #expect(pruned.events > 100 && pruned.events < 200 && pruned.events == pruned.requests && !pruned.isFull)
        #expect(try await numbers(journal) == Array(pruned.events + 1...200))
        await journal.tidy()
        #expect(try fileBytes(folder) < 1_000_000)
        #expect(Stranger(folder.journalPath).number("PRAGMA freelist_count") == 0)
        #expect(try await journal.prune(retention).isNothing)
        await journal.close()
    }

    @Test func takesNoMoreInWhereNothingMayGo() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        try await large(1...100, in: journal)
        let retention = Retention(bytesMax: 1_000_000, sinks: ["crm"])
        let first = try await journal.prune(retention)
        #expect(first.isNothing && first.isFull && journal.figures.isFull)
        await #expect(throws: JournalError.full) { try await journal.append(.sample(101)) }
        #expect(try await numbers(journal).count == 100)
        // What sinks record goes on, and makes place.
        try await journal.record(Steps(cursor: 90), for: "crm")
        let second = try await journal.prune(retention)
        #expect(second.events > 0 && !second.isFull && !journal.figures.isFull)
        #expect(try await journal.append(.sample(101)).newEvents == 1)
        await journal.close()
    }

    @Test func tellsThatTheDiskIsFull() async throws {
        let folder = try Folder()
        let free = Lock(Int64(0))
        let clock = Lock(Instant.start)
        let settings = SQLiteJournal.Settings.with { $0.freeBytes = { _ in free.withLock { $0 } } }
        let journal = try SQLiteJournal.open(
            at: folder.journalPath, settings: settings, now: { clock.withLock { $0 } })
        await #expect(throws: JournalError.full) { try await journal.append(.sample(1)) }
        #expect(journal.figures.isFull)
        free.withLock { $0 = .max }
        clock.withLock { $0 = $0.advanced(byMilliseconds: 1_000) }
        #expect(try await !journal.prune(Retention(sinks: [])).isFull)
        #expect(!journal.figures.isFull)
        await journal.close()
    }

    @Test func appendsGoOnBetweenItsSteps() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.pruneRowsMax = 4 })
        for round in 0..<20 {
            _ = try await journal.append(.sample(round, events: (1...50).map { .sample(round * 50 + $0) }))
        }
        try await journal.record(Steps(cursor: 1_000), for: "crm")
        async let pruned = journal.prune(Retention(before: moment(10), sinks: ["crm"]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for number in 0..<25 { _ = try await journal.append(.sample(2_000 + worker * 25 + number)) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await pruned.events == 500)
        #expect(try await numbers(journal) == Array(501...1_200))
        await journal.close()
    }

    @Test func endsWhenItIsCancelledOrTheJournalIsClosed() async throws {
        let folder = try Folder()
        let journal = try await journal(folder, events: 1...30)
        try await journal.record(Steps(cursor: 30), for: "crm")
        let retention = Retention(before: moment(99), sinks: ["crm"])
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await journal.prune(retention)
        }
        #expect(try await cancelled.value.isNothing)
        await journal.close()
        await #expect(throws: JournalError.closed) { try await journal.prune(retention) }
        #expect(Stranger(folder.journalPath).number("SELECT count(*) FROM events") == 30)
    }
}
