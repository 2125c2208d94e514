import FolderKit
import Model
import Testing

@testable import Journal

/// Goal: an operator sees what is in a journal, beside the process that writes it and without one.
struct BrowserTests {
    private func fill(_ folder: Folder) async throws -> SQLiteJournal {
        let journal = try SQLiteJournal.open(folder)
        for number in 1...30 {
            let event = FrozenEvent.sample(
                number, type: number % 2 == 0 ? "mogate.message.status" : "mogate.message.received",
                subject: number % 5 == 0 ? "+15550199" : "+15550100")
            let faults = number % 10 == 0 ? [Fault(path: "$.part[\(number)]", reason: "not a number")] : []
            _ = try await journal.append(.sample(number, events: [event], faults: faults))
        }
        return journal
    }

    @Test(arguments: [true, false])
    func pagesThroughEvents(besideAWriter: Bool) async throws {
        let folder = try Folder()
        let journal = try await fill(folder)
        if !besideAWriter { await journal.close() }
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let newest = try await browser.events(EventQuery(limit: 10))
        #expect(newest.events.map(\.entry.sequence) == (21...30).reversed())
        let next = try await browser.events(EventQuery(from: newest.next, limit: 25))
        #expect(next.events.map(\.entry.sequence) == (1...20).reversed())
        #expect(next.next == nil)
        let oldest = try await browser.events(EventQuery(order: .oldestFirst, limit: 3))
        #expect(oldest.events.map(\.entry.sequence) == [1, 2, 3])
        #expect(oldest.events.first?.requestId == EventID(high: 7, low: 1))
        await browser.close()
        if besideAWriter { await journal.close() }
    }

    @Test func finds() async throws {
        let folder = try Folder()
        let journal = try await fill(folder)
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let bySubject = try await browser.events(EventQuery(subject: "+15550199"))
        #expect(bySubject.events.map(\.entry.sequence) == [30, 25, 20, 15, 10, 5])
        let filter = EntryFilter(types: ["mogate.message.status"])
        let both = try await browser.events(EventQuery(filter: filter, subject: "+15550199"))
        #expect(both.events.map(\.entry.sequence) == [30, 20, 10])
        let since = try await browser.events(EventQuery(since: Instant.start.advanced(byMilliseconds: 28)))
        #expect(since.events.map(\.entry.sequence) == [30, 29, 28])
        let one = try #require(try await browser.event(FrozenEvent.sample(17).id))
        #expect(one.entry.event == .sample(17) && one.entry.sequence == 17)
        #expect(try await browser.event(EventID(high: 1, low: 1)) == nil)
        // It sees what is committed while it is open.
        _ = try await journal.append(.sample(31))
        #expect(try await browser.events(EventQuery(limit: 1)).events.first?.entry.sequence == 31)
        #expect(try await browser.events(EventQuery(limit: 0)).events.isEmpty)
        #expect(try await browser.events(EventQuery(limit: -1)).events.isEmpty)
        await browser.close()
        await journal.close()
    }

    @Test func showsTheRequestAsItCame() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let receipt = Receipt.sample(3, events: [.sample(1), .sample(2)])
        _ = try await journal.append(.sample(0))
        _ = try await journal.append(receipt)
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let request = try #require(try await browser.request(receipt.requestId))
        #expect(request.body == receipt.body && request.headers == receipt.headers.fields)
        #expect(request.receivedAt == receipt.receivedAt)
        #expect(request.source == "shop" && request.provider == "telesign")
        #expect(request.events == 2..<4)
        let events = try await browser.events(numbered: request.events)
        #expect(events.map(\.entry.event) == receipt.events)
        #expect(try await browser.request(EventID(high: 0, low: 0)) == nil)
        await browser.close()
        await journal.close()
    }

    @Test func showsQuarantine() async throws {
        let folder = try Folder()
        let journal = try await fill(folder)
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let items = try await browser.quarantine().items
        #expect(items.map(\.fault.path) == ["$.part[10]", "$.part[20]", "$.part[30]"])
        let last = try #require(items.last)
        #expect(last.body == Receipt.sample(30).body && last.requestId == Receipt.sample(30).requestId)
        #expect(last.source == "shop" && last.provider == "telesign" && last.at == Receipt.sample(30).receivedAt)
        let page = try await browser.quarantine(after: items[0].id, limit: 1)
        #expect(page.items == [items[1]] && page.next == items[1].id)
        #expect(try await browser.quarantine(after: items[1].id, limit: 1).next == nil)
        #expect(try await browser.quarantined(last.id) == last)
        #expect(try await browser.quarantined(last.id + 1) == nil)
        #expect(try await browser.quarantined(.min) == nil)
        await browser.close()
        await journal.close()
    }

    @Test func aPageThatIsFullOfLargeBodiesIsNotTheLast() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        let large = [UInt8](repeating: 0x20, count: 3 << 20)
        for number in 1...5 {
            let fault = Fault(path: "$.part[\(number)]", reason: "large")
            _ = try await journal.append(.sample(number, faults: [fault], body: large))
        }
        let browser = try SQLiteBrowser(path: folder.journalPath)
        var found: [String] = []
        var next: Int64? = 0
        var pages = 0
        while let after = next {
            let page = try await browser.quarantine(after: after, limit: 500)
            found += page.items.map(\.fault.path)
            next = page.next
            pages += 1
        }
        #expect(found == (1...5).map { "$.part[\($0)]" })
        #expect(pages == 2)
        await browser.close()
        await journal.close()
    }

    @Test func showsHowSinksStand() async throws {
        let folder = try Folder()
        let journal = try await fill(folder)
        let retry = Steps.Postponed(sequence: 4, attempts: 2, firstTriedAt: .start, dueAt: .start, reason: "slow")
        let dead = (1...3).map { Steps.Buried(sequence: $0, attempts: 5, at: .start, reason: "gone") }
        try await journal.record(Steps(cursor: 4, postponed: [retry], buried: dead), for: "crm")
        try await journal.record(Steps(cursor: 30, buried: [dead[1]]), for: "archive")
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(
            try await browser.sinks() == [
                SinkState(name: "archive", cursor: 30, newest: 30, retries: 0, deadLetters: 1, halt: nil, outage: nil),
                SinkState(name: "crm", cursor: 4, newest: 30, retries: 1, deadLetters: 3, halt: nil, outage: nil),
            ])
        let page = try await browser.deadLetters(limit: 2)
        let first = page.letters
        #expect(first.map(\.sink) == ["crm", "crm"] && first.map(\.entry.sequence) == [1, 2])
        #expect(first[0].attempts == 5 && first[0].at == .start && first[0].reason == "gone")
        #expect(page.next == DeadLetter.Place("crm/2"))
        let last = try await browser.deadLetters(of: nil, after: page.next, limit: 2)
        let rest = last.letters
        #expect(last.next == nil)
        #expect(rest.map(\.sink) == ["crm", "archive"] && rest.map(\.entry.sequence) == [3, 2])
        #expect(try await browser.deadLetters(of: "archive").letters.map(\.entry.sequence) == [2])
        #expect(try await browser.deadLetters(of: "nobody").letters.isEmpty)
        let counts = try await browser.counts()
        #expect(counts.events == 30 && counts.requests == 30 && counts.quarantine == 3 && counts.newest == 30)
        let room = JournalRoom(ofJournal: folder.journalPath)
        #expect(room.fileBytes > 0 && room.logBytes > 0)
        await browser.close()
        await journal.close()
    }

    @Test func refusesWhatIsNotThereAndChangesNothing() async throws {
        let folder = try Folder()
        #expect(throws: JournalError.unusable("there is no journal at \(folder.journalPath)")) {
            try SQLiteBrowser(path: folder.journalPath)
        }
        await (try SQLiteJournal.open(folder)).close()
        let browser = try SQLiteBrowser(path: folder.journalPath)
        let counts = try await browser.counts()
        #expect(counts.events == 0 && counts.requests == 0 && counts.newest == 0)
        await browser.close()
        await #expect(throws: JournalError.closed) { try await browser.counts() }
    }
}
