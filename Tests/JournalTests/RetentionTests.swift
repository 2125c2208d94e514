import FolderKit
import Journal
import Model
import Testing

/// Goal: requests as they came in go sooner than their events where that is asked for, and nothing goes before its time
/// unless that is.
struct RetentionTests {
    private func moment(_ milliseconds: Int64) -> Instant { Instant.start.advanced(byMilliseconds: milliseconds) }

    @Test func rawRequestsGoAndTheirEventsStay() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.pruneRowsMax = 3 })
        for number in 1...10 { _ = try await journal.append(.sample(number)) }
        _ = try await journal.append(.sample(11, events: [.sample(11)], faults: [Fault(path: "$", reason: "odd")]))
        _ = try await journal.append(.sample(12, events: [.sample(13)]))
        _ = try await journal.append(.sample(12, events: [.sample(14)], isReplay: true))
        let pruned = try await journal.prune(Retention(rawBefore: moment(99), sinks: ["crm"]))
        #expect(pruned.requests == 11 && pruned.events == 0 && pruned.faults == 0)
        #expect(try await journal.all().count == 13)
        let browser = try SQLiteBrowser(path: folder.journalPath)
        #expect(try await browser.request(Receipt.sample(3).requestId) == nil)
        #expect(try await browser.event(FrozenEvent.sample(3).id)?.requestId == nil)
        // What is in quarantine is kept to be read again.
        #expect(try await browser.request(Receipt.sample(11).requestId)?.body == Receipt.sample(11).body)
        await browser.close()
        #expect(Stranger(folder.journalPath).number("SELECT count(*) FROM replays") == 0)
        try await journal.record(Steps(cursor: 13), for: "crm")
        let rest = try await journal.prune(Retention(before: moment(99), rawBefore: moment(99), sinks: ["crm"]))
        #expect(rest.events == 13 && rest.requests == 1 && rest.faults == 1)
        await journal.close()
        #expect(try JournalAudit.verify(path: folder.journalPath).isSound)
    }

    @Test(arguments: [false, true])
    func aboveItsBytesNothingGoesBeforeItsTimeUnlessAskedFor(_ dropsDelivered: Bool) async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...40 {
            _ = try await journal.append(.sample(number, body: [UInt8](repeating: 7, count: 50_000)))
        }
        try await journal.record(Steps(cursor: 40), for: "crm")
        let pruned = try await journal.prune(
            Retention(before: moment(5), bytesMax: 1_000_000, dropsDelivered: dropsDelivered, sinks: ["crm"]))
        if dropsDelivered {
            #expect(pruned.eventsForRoom > 10 && pruned.events == pruned.eventsForRoom + 4 && !pruned.isFull)
        } else {
            #expect(pruned.eventsForRoom == 0 && pruned.events == 4 && pruned.isFull)
            await #expect(throws: JournalError.full) { try await journal.append(.sample(41)) }
        }
        await journal.close()
    }
}
