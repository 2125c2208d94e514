import FolderKit
import Model
import Testing

@testable import Journal

/// Goal: a sink that keeps up is handed what is in the file, from memory; and nothing that is to be in no memory any more.
struct JournalTailTests {
    private static func entries(_ numbers: ClosedRange<Int>) -> [Entry] {
        numbers.map { number in
            Entry(
                sequence: Int64(number),
                event: .sample(number, type: number.isMultiple(of: 3) ? "third" : "other"), receivedAt: .start)
        }
    }

    private static func numbers(
        _ tail: JournalTail, after sequence: Int64, limit: Int = 100, _ filter: EntryFilter = EntryFilter()
    ) -> [Int64]? {
        tail.read(after: sequence, limit: limit, matching: filter)?.entries.map(\.sequence)
    }

    @Test func handsOutWhatFollows() throws {
        let tail = JournalTail()
        #expect(Self.numbers(tail, after: 0) == nil)
        tail.append(Self.entries(5...7))
        tail.append(Self.entries(8...9))
        #expect(Self.numbers(tail, after: 4) == [5, 6, 7, 8, 9])
        #expect(Self.numbers(tail, after: 7) == [8, 9])
        // What lies before, and that there is nothing new, the file knows.
        #expect(Self.numbers(tail, after: 3) == nil)
        #expect(Self.numbers(tail, after: 9) == nil)
        #expect(Self.numbers(tail, after: 20) == nil)
        #expect(Self.numbers(tail, after: 4, limit: 0) == nil)
        let batch = try #require(tail.read(after: 4, limit: 2, matching: EntryFilter()))
        #expect(batch.entries == Self.entries(5...6) && batch.through == 6 && batch.damaged.isEmpty)
    }

    @Test func looksAtAllThatDoNotPassAFilter() throws {
        let tail = JournalTail()
        tail.append(Self.entries(1...8))
        let thirds = EntryFilter(types: ["third"])
        let batch = try #require(tail.read(after: 0, limit: 10, matching: thirds))
        #expect(batch.entries.map(\.sequence) == [3, 6] && batch.through == 8)
        #expect(tail.read(after: 0, limit: 1, matching: thirds)?.through == 3)
        #expect(tail.read(after: 6, limit: 1, matching: thirds)?.through == 8)
    }

    @Test func beginsAnewWhereSomethingIsMissing() {
        let tail = JournalTail()
        tail.append(Self.entries(1...3))
        tail.append([])
        tail.append(Self.entries(5...6))
        #expect(Self.numbers(tail, after: 2) == nil)
        #expect(Self.numbers(tail, after: 4) == [5, 6])
        tail.clear()
        #expect(Self.numbers(tail, after: 4) == nil)
    }

    @Test func holdsTheNewestAndNoMoreThanItMay() {
        let byNumber = JournalTail(entriesMax: 10)
        let byBytes = JournalTail(bytesMax: 10 * Self.entries(1...1)[0].event.bytes.count)
        for tail in [byNumber, byBytes] {
            for number in 1...9 { tail.append(Self.entries(number...number)) }
            #expect(Self.numbers(tail, after: 0)?.count == 9)
            for number in 10...1_000 { tail.append(Self.entries(number...number)) }
            #expect(Self.numbers(tail, after: 900) == nil)
            #expect(Self.numbers(tail, after: 996) == [997, 998, 999, 1_000])
            tail.append(Self.entries(1_001...1_100))
            #expect(Self.numbers(tail, after: 1_097) == [1_098, 1_099, 1_100])
            #expect(Self.numbers(tail, after: 1_080) == nil)
        }
    }

    @Test func isWhatIsInTheFile() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(1))
        #expect(Self.numbers(journal.tail, after: 0) == nil, "nobody follows")
        var commits = await journal.commits().makeAsyncIterator()
        #expect(await commits.next() == 1)
        _ = try await journal.append(.sample(2, events: [.sample(2), .sample(3)]))
        // A duplicate adds nothing, and what comes with it does.
        _ = try await journal.append(.sample(3, events: [.sample(2), .sample(4)]))
        let fromMemory = try #require(journal.tail.read(after: 1, limit: 10, matching: EntryFilter()))
        #expect(fromMemory.entries.map(\.sequence) == [2, 3, 4])
        #expect(try await journal.read(after: 1, limit: 10, matching: EntryFilter()).entries == fromMemory.entries)
        await journal.close()
        let again = try SQLiteJournal.open(folder)
        let fromFile = try await again.read(after: 1, limit: 10, matching: EntryFilter())
        #expect(fromFile.entries == fromMemory.entries && fromFile.through == fromMemory.through)
        await again.close()
    }

    @Test func whatIsErasedIsInNoMemory() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        var commits = await journal.commits().makeAsyncIterator()
        #expect(await commits.next() == 0)
        for number in 1...3 { _ = try await journal.append(.sample(number)) }
        var mentions = Mentions()
        mentions.events = [2]
        #expect(try await journal.erase(mentions).events == 1)
        #expect(Self.numbers(journal.tail, after: 0) == nil)
        #expect(
            try await journal.read(after: 0, limit: 10, matching: EntryFilter()).entries.map(\.sequence) == [1, 3])
        await journal.close()
    }
}
