import FolderKit
import Journal
import Model
import Testing

/// Goal: whoever waits for events hears of the newest, and of the end.
struct CommitStreamTests {
    @Test func beginsWithNowAndWakes() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(1))
        var first = await journal.commits().makeAsyncIterator()
        var second = await journal.commits().makeAsyncIterator()
        #expect(await first.next() == 1)
        _ = try await journal.append(.sample(2))
        #expect(await first.next() == 2)
        // The slow one skips what it missed.
        _ = try await journal.append(.sample(3, events: [.sample(3), .sample(4)]))
        #expect(await first.next() == 4)
        #expect(await second.next() == 4)
        await journal.close()
        #expect(await first.next() == nil)
        #expect(await second.next() == nil)
        var late = await journal.commits().makeAsyncIterator()
        #expect(await late.next() == nil)
    }

    @Test func saysNothingOfDuplicatesAndSteps() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        var stream = await journal.commits().makeAsyncIterator()
        #expect(await stream.next() == 0)
        _ = try await journal.append(.sample(1))
        #expect(await stream.next() == 1)
        _ = try await journal.append(.sample(1))
        try await journal.record(Steps(cursor: 1), for: "crm")
        _ = try await journal.append(.sample(2))
        #expect(await stream.next() == 2)
        await journal.close()
    }

    @Test func wakesWhoWaits() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let forwarder = Task {
            var seen: [Int64] = []
            for await newest in await journal.commits() {
                // What this wake-up tells of is there to be read, and no later one need come.
                while seen.last ?? 0 < newest {
                    let batch = try await journal.read(after: seen.last ?? 0, limit: 100, matching: EntryFilter())
                    seen += batch.entries.map(\.sequence)
                }
                if seen.count == 300 { break }
            }
            return seen
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<10 {
                group.addTask {
                    for number in 0..<30 { _ = try await journal.append(.sample(worker * 30 + number)) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await forwarder.value == Array(1...300))
        await journal.close()
    }
}
