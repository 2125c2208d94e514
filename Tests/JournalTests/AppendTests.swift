import FolderKit
import Journal
import Model
import Testing

/// Goal: what was accepted is there as it was, once, in order, and without a gap.
@Suite(.timeLimit(.minutes(2)))
struct AppendTests {
    @Test func comesBackByteForByte() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let events = [
            FrozenEvent.sample(1), .sample(2, subject: nil), .sample(3, subject: "naïve \u{0} 🙂"),
            FrozenEvent(
                id: EventID(high: .max, low: .max), label: FrozenEvent.sample(1).label, subject: "", bytes: []),
            .sample(5, padding: 300_000),
        ]
        let receipt = Receipt.sample(9, events: events)
        #expect(try await journal.append(receipt) == Appended(newEvents: 5, newFaults: 0))

        let batch = try await journal.read(after: 0, limit: 10, matching: EntryFilter())
        #expect(batch.entries.map(\.event) == events)
        #expect(batch.entries.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(batch.entries.allSatisfy { $0.receivedAt == receipt.receivedAt })
        #expect(batch.through == 5)
        await journal.close()
    }

    @Test func leavesOutWhatItHas() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        #expect(try await journal.append(.sample(1)) == Appended(newEvents: 1, newFaults: 0))
        #expect(try await journal.append(.sample(1)).isDuplicate)
        let mixed = Receipt.sample(2, events: [.sample(1), .sample(2), .sample(2), .sample(3)])
        #expect(try await journal.append(mixed) == Appended(newEvents: 2, newFaults: 0))
        #expect(try await journal.all().map(\.event) == [.sample(1), .sample(2), .sample(3)])
        #expect(try await journal.all().map(\.sequence) == [1, 2, 3])
        #expect(journal.figures.duplicates == 1)
        await journal.close()
        #expect(Stranger(folder.journalPath).number("SELECT count(*) FROM requests") == 2)
    }

    @Test func keepsOneOfFiftyAtOnce() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let news = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask { try await journal.append(.sample(1)).newEvents }
            }
            return try await group.reduce(0, +)
        }
        #expect(news == 1)
        #expect(try await journal.all().count == 1)
        await journal.close()
        #expect(Stranger(folder.journalPath).number("SELECT count(*) FROM requests") == 1)
    }

    @Test func answersBothOfTheSameInOneCommit() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.patienceMs = 60_000 })
        let stranger = Stranger(folder.journalPath)
        #expect(stranger.run("BEGIN IMMEDIATE") == 0)
        async let ahead = journal.append(.sample(1))
        await journal.waits(for: 1)
        async let one = journal.append(.sample(2))
        async let other = journal.append(.sample(2))
        await journal.waits(for: 3)
        stranger.run("ROLLBACK")
        #expect(try await ahead.newEvents == 1)
        let answers = try await [one, other]
        #expect(answers.map(\.newEvents).sorted() == [0, 1])
        #expect(journal.figures.commits <= 2)
        await journal.close()
    }

    @Test func numbersWithoutGapsWhateverComesAtOnce() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<20 {
                group.addTask {
                    for number in 0..<25 {
                        // Each is sent twice by two workers, as vendors do.
                        _ = try await journal.append(.sample(worker / 2 * 25 + number))
                    }
                }
            }
            try await group.waitForAll()
        }
        let entries = try await journal.all()
        #expect(entries.map(\.sequence) == Array(1...250))
        #expect(Set(entries.map(\.event.id)).count == 250)
        await journal.close()
    }

    @Test func neverGivesANumberTwice() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...3 { _ = try await journal.append(.sample(number)) }
        await journal.close()
        Stranger(folder.journalPath).run("DELETE FROM events; DELETE FROM requests")
        let again = try SQLiteJournal.open(folder)
        _ = try await again.append(.sample(1))
        #expect(try await again.read(after: 0, limit: 9, matching: EntryFilter()).entries.map(\.sequence) == [4])
        await again.close()
    }

    @Test func aReadGivesOnlyWhatPassesTheFilter() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let events = (1...60).map { number in
            FrozenEvent.sample(
                number, type: number % 2 == 0 ? "mogate.message.status" : "mogate.message.received",
                source: number % 3 == 0 ? "desk" : "shop")
        }
        for event in events { _ = try await journal.append(.sample(Int(event.id.low), events: [event])) }
        let filter = EntryFilter(types: ["mogate.message.status"], sources: ["desk"])
        let batch = try await journal.read(after: 0, limit: 4, matching: filter)
        #expect(batch.entries.map(\.sequence) == [6, 12, 18, 24])
        #expect(batch.through == 24)
        let rest = try await journal.read(after: 24, limit: 100, matching: filter)
        #expect(rest.entries.map(\.sequence) == [30, 36, 42, 48, 54, 60])
        let none = try await journal.read(after: 5, limit: 10, matching: EntryFilter(sources: ["nowhere"]))
        #expect(none.entries.isEmpty && none.through == 60)
        let nothing = try await journal.read(after: 60, limit: 10, matching: EntryFilter())
        #expect(nothing.entries.isEmpty && nothing.through == 60)
        await journal.close()
    }

    @Test func boundsWhatOneReadLooksAt() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for round in 0..<5 {
            let events = (1...1_000).map { FrozenEvent.sample(round * 1_000 + $0, padding: 0) }
            _ = try await journal.append(.sample(round, events: events))
        }
        let filter = EntryFilter(sources: ["nowhere"])
        let first = try await journal.read(after: 0, limit: 10, matching: filter)
        #expect(first.entries.isEmpty && 0 < first.through && first.through < 5_000)
        let second = try await journal.read(after: first.through, limit: 10, matching: filter)
        #expect(second.entries.isEmpty && second.through == 5_000)
        await journal.close()
    }

    @Test func keepsFaultsOnce() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let faults = [Fault(path: "$.a", reason: "missing"), Fault(path: "$.b", reason: "missing")]
        let receipt = Receipt.sample(1, events: [], faults: faults)
        #expect(try await journal.append(receipt) == Appended(newEvents: 0, newFaults: 2))
        // The vendor sends it again, as another request.
        let again = Receipt.sample(2, events: [], faults: faults, body: receipt.body)
        #expect(try await journal.append(again).isDuplicate)
        let elsewhere = Receipt.sample(3, source: "desk", events: [], faults: faults, body: receipt.body)
        #expect(try await journal.append(elsewhere) == Appended(newEvents: 0, newFaults: 2))
        let mixed = Receipt.sample(4, events: [.sample(4)], faults: faults, body: receipt.body)
        #expect(try await journal.append(mixed) == Appended(newEvents: 1, newFaults: 0))
        await journal.close()
        let stranger = Stranger(folder.journalPath)
        #expect(stranger.number("SELECT count(*) FROM quarantine") == 4)
        #expect(stranger.number("SELECT count(*) FROM requests") == 3)
    }

    @Test func isAllThereAgain() async throws {
        let folder = try Folder()
        let first = try SQLiteJournal.open(folder)
        for number in 1...40 { _ = try await first.append(.sample(number)) }
        let before = try await first.all()
        await first.close()
        let second = try SQLiteJournal.open(folder)
        #expect(try await second.all() == before)
        #expect(try await second.append(.sample(40)).isDuplicate)
        _ = try await second.append(.sample(41))
        #expect(try await second.all().last?.sequence == 41)
        await second.close()
    }
}
