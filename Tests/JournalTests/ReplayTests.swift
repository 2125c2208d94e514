import FolderKit
import Journal
import Model
import Testing

/// Goal: a request that is read again adds to what is stored of it, and is not stored twice.
struct ReplayTests {
    private let faults = [Fault(path: "$.a", reason: "missing"), Fault(path: "$.b", reason: "missing")]

    @Test func addsToTheRequestThatIsThere() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(1, faults: faults))
        _ = try await journal.append(.sample(2))
        let replay = Receipt.sample(
            1, events: [.sample(1), .sample(11), .sample(12)], faults: [faults[1]], isReplay: true)
        #expect(try await journal.append(replay) == Appended(newEvents: 2, newFaults: 0, settledFaults: 1))
        #expect(try await journal.append(replay).isDuplicate)
        #expect(try await journal.all().map(\.event) == [.sample(1), .sample(2), .sample(11), .sample(12)])

        let browser = try SQLiteBrowser(path: folder.journalPath)
        let request = try #require(try await browser.request(replay.requestId))
        #expect(request.events == 1..<2 && request.furtherEvents == [3..<5])
        #expect(try await browser.event(FrozenEvent.sample(12).id)?.requestId == replay.requestId)
        #expect(try await browser.quarantine().items.map(\.fault) == [faults[1]])
        // What came next has a number of its own.
        _ = try await journal.append(.sample(3))
        #expect(try await browser.requests().requests.map(\.events) == [1..<2, 2..<3, 5..<6])
        await browser.close()
        await journal.close()

        // The numbers hold over a restart.
        let again = try SQLiteJournal.open(folder)
        _ = try await again.append(.sample(4))
        #expect(try await again.all().map(\.sequence) == [1, 2, 3, 4, 5, 6])
        await again.close()
    }

    @Test func leavesQuarantineOnceAllIsUnderstood() async throws {
        let journal = try SQLiteJournal.open(Folder())
        _ = try await journal.append(.sample(1, events: [], faults: faults))
        let answer = try await journal.append(.sample(1, events: [.sample(1)], isReplay: true))
        #expect(answer == Appended(newEvents: 1, newFaults: 0, settledFaults: 2))
        await journal.close()
    }

    @Test func leavesNothingOfARequestThatBroughtNothing() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(1, events: [.sample(1)]))
        _ = try await journal.append(.sample(2, events: [], faults: faults))
        // It was the same message in another guise.
        _ = try await journal.append(.sample(2, events: [.sample(1)], isReplay: true))
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(try await browser.requests().requests.map(\.requestId) == [Receipt.sample(1).requestId])
        #expect(try await browser.quarantine().items.isEmpty)
        await browser.close()
        await journal.close()
    }

    @Test func isStoredWhereTheRequestIsGone() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        #expect(try await journal.append(.sample(1, isReplay: true)).newEvents == 1)
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(try await browser.requests().requests.map(\.body) == [Receipt.sample(1).body])
        await browser.close()
        await journal.close()
    }

    @Test func findsRequestsPageByPage() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...30 {
            _ = try await journal.append(
                .sample(
                    number, source: number % 2 == 0 ? "shop" : "desk", faults: number % 10 == 0 ? [faults[0]] : [],
                    authenticity: Authenticity(
                        method: number == 1 ? .none : "mta-hmac-sha256", key: number == 1 ? nil : "k")))
        }
        let browser = try SQLiteBrowser(path: folder.journalPath)
        func numbers(_ query: RequestQuery) async throws -> [UInt64] {
            try await browser.requests(query).requests.map(\.requestId.low)
        }
        let first = try await browser.requests(RequestQuery(limit: 20))
        #expect(first.requests.map(\.requestId.low) == Array(1...20))
        #expect(
            first.requests.prefix(2).map(\.authenticity) == [
                Authenticity(method: .none, key: nil), Authenticity(method: "mta-hmac-sha256", key: "k"),
            ])
        let rest = try await browser.requests(RequestQuery(from: first.next, limit: 20))
        #expect(rest.requests.map(\.requestId.low) == Array(21...30) && rest.next == nil)
        #expect(try await numbers(RequestQuery(onlyQuarantined: true)) == [10, 20, 30])
        #expect(try await numbers(RequestQuery(from: 10, onlyQuarantined: true, limit: 1)) == [20])
        #expect(try await numbers(RequestQuery(source: "desk", limit: 3)) == [1, 3, 5])
        #expect(try await numbers(RequestQuery(provider: "nobody")).isEmpty)
        #expect(try await numbers(RequestQuery(provider: "telesign", limit: 2)) == [1, 2])
        let since = Instant.start.advanced(byMilliseconds: 12)
        let until = Instant.start.advanced(byMilliseconds: 15)
        #expect(try await numbers(RequestQuery(since: since, until: until)) == [12, 13, 14])
        #expect(try await numbers(RequestQuery(since: since, until: until, onlyQuarantined: true)).isEmpty)
        await browser.close()
        await journal.close()
    }
}
