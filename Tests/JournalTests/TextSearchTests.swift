import FolderKit
import Model
import Testing

@testable import Journal

/// Goal: an event is found by what stands in it, and nothing else is.
struct TextSearchTests {
    private static func event(_ number: Int, _ text: String) -> FrozenEvent {
        let sample = FrozenEvent.sample(number)
        return FrozenEvent(
            id: sample.id, label: sample.label, subject: nil,
            bytes: Verbatim.object([.init(name: "t", value: .string(text))]).json)
    }

    @Test(arguments: [
        ("hello", [Int64(1)]), ("HELLO", [1]), ("50%", [2]), ("a_b", [3]), (#"say "no""#, [4]), ("\\", [5]),
        ("blå", [6]), ("line\nline", [7]), ("%", [2]), ("_", [3]), ("nowhere", []), (#""t":"#, []),
    ])
    func findsTheTextItself(_ text: String, _ found: [Int64]) async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let texts = ["Hello", "50%", "a_b", #"say "no""#, "back\\slash", "Blåbær blå", "line\nline", "50 ab"]
        for (index, text) in texts.enumerated() {
            _ = try await journal.append(.sample(index + 1, events: [Self.event(index + 1, text)]))
        }
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let page = try await browser.events(holding: text)
        #expect(page.events.map(\.entry.sequence) == found)
        #expect(page.next == nil)
        await browser.close()
        await journal.close()
    }

    @Test func goesOnWhereItStopped() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...5 {
            _ = try await journal.append(.sample(number, events: [Self.event(number, number == 3 ? "other" : "same")]))
        }
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let first = try await browser.events(holding: "same", before: nil, limit: 2)
        #expect(first.events.map(\.entry.sequence) == [5, 4])
        let second = try await browser.events(holding: "same", before: first.next, limit: 2)
        #expect(second.events.map(\.entry.sequence) == [2, 1])
        await browser.close()
        await journal.close()
    }

    /// One search reads so many bytes and no more, however long the events are, and says where it stopped.
    @Test func isBoundedByBytes() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let long = String(repeating: "x", count: 1 << 20)
        for number in 1...66 {
            let text = number == 1 ? "first" : long
            _ = try await journal.append(.sample(number, events: [Self.event(number, text)]))
        }
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let page = try await browser.events(holding: "first")
        #expect(page.events.isEmpty)
        let rest = try await browser.events(holding: "first", before: page.next)
        #expect(rest.events.map(\.entry.sequence) == [1] && rest.next == nil)
        let mentions = try await browser.events(mentioning: "first", after: 0)
        #expect(mentions.events == [1] && mentions.next == 65)
        #expect(try await browser.events(mentioning: "first", after: 65).next == nil)
        await browser.close()
        await journal.close()
    }
}
