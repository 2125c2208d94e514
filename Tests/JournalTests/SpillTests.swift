import FolderKit
import Foundation
import Model
import NATSKit
import Testing
import Threads

@testable import Journal

/// Goal: while the log is out of reach what comes in is on this machine's disk, and once it is back all of it is in the log:
/// once, and in the order of each subject.
///
/// Method: a journal with a spill on a real nats-server, which is killed and started again.
@Suite(.timeLimit(.minutes(2)))
struct SpillTests {
    private final class Place: Sendable {
        let folder: Folder
        let server: NATSServer
        let news = Lock<[SpillingJournal.News]>([])
        let broken = Lock<[JournalError]>([])

        init(_ lines: String = "") async throws {
            folder = try Folder()
            server = try await NATSServer(lines)
        }

        func open() async throws -> SpillingJournal {
            var settings = NATSJournal.Settings.alone(on: server)
            settings.appendWithinMs = 300
            return try await SpillingJournal.open(
                settings, spillingTo: folder.path("spill.db"), fileSettings: SQLiteJournal.Settings(),
                now: { .start }, whenBroken: { [broken] error in broken.withLock { $0.append(error) } },
                check: { _ throws(JournalError) in }, tell: { [news] told in news.withLock { $0.append(told) } })
        }

        /// The ids of requests that were told to stay in the file.
        var setAside: [EventID] {
            news.withLock { $0 }.compactMap { if case .setAside(let requestId, _) = $0 { requestId } else { nil } }
        }

        /// Returns once all is in the log again.
        func settled(_ journal: SpillingJournal) async throws {
            while journal.figures.isSpilling { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func whatComesWhileTheLogIsAwayIsInItOnceItIsBack() async throws {
        let place = try await Place()
        let journal = try await place.open()
        #expect(!journal.figures.isSpilling && journal.ailment == nil)
        for number in 1...3 { _ = try await journal.append(.sample(number)) }
        await place.server.kill()
        let fault = Fault(path: "$.a", reason: "is no number")
        for number in 4...40 {
            // About two subjects, some with more than one event, and one with something that is not understood.
            let events: [FrozenEvent] = (number == 9 ? [9, 109] : [number]).map {
                .sample($0, subject: number.isMultiple(of: 2) ? "even" : "odd")
            }
            let appended = try await journal.append(
                .sample(number, events: events, faults: number == 11 ? [fault] : []))
            #expect(appended.newEvents == events.count)
        }
        // Together: what is new and what the spill has.
        let together = await journal.outcomes(of: [
            .sample(43, events: [.sample(6)]), .sample(44), .sample(45), .sample(44),
        ])
        #expect(try together.map { try #require($0).get().newEvents } == [0, 1, 1, 0])
        // One that the log has already, and one that the spill has.
        _ = try await journal.append(.sample(41, events: [.sample(2)]))
        #expect(try await journal.append(.sample(42, events: [.sample(5)])).isDuplicate)
        #expect(journal.figures.isSpilling && journal.figures.waiting == 40 && journal.ailment == nil)
        #expect(try await SpillingJournal.waiting(at: place.folder.path("spill.db")) == 40)

        try await place.server.start()
        try await place.settled(journal)
        #expect(journal.figures.waiting == 0 && journal.figures.moved == 40)
        #expect(try await SpillingJournal.waiting(at: place.folder.path("spill.db")) == 0)
        let entries = try await journal.entries(through: try await journal.log.log.newest())
        #expect(entries.count == 43 && Set(entries.map(\.event.id)).count == 43)
        for parity in [0, 1] {
            let numbers = entries.compactMap { entry in
                let number = Int(entry.event.id.low)
                return (4...40).contains(number) && number % 2 == parity ? number : nil
            }
            #expect(numbers == numbers.sorted(), "what one node took came into the log in another order")
        }
        let items = try await journal.browser.quarantine().items
        #expect(items.map(\.fault) == [fault] && items[0].body == Receipt.sample(11).body)
        let event = try #require(try await journal.browser.event(FrozenEvent.sample(20).id))
        let request = try #require(try await journal.browser.request(of: event))
        #expect(request.body == Receipt.sample(20).body && request.headers == Receipt.sample(20).headers.fields)
        #expect(request.authenticity == Receipt.sample(20).authenticity)
        // And from now on it goes there at once.
        _ = try await journal.append(.sample(50))
        #expect(journal.figures.spilled == 43)
        #expect(place.news.withLock { $0 }.last == .moved(40))
        await journal.close()
    }

    @Test func aProcessThatStartsWhileTheLogIsAwayTakesInAndLeavesNothingBehind() async throws {
        let place = try await Place()
        let first = try await place.open()
        _ = try await first.append(.sample(1))
        await place.server.kill()
        for number in 2...6 { _ = try await first.append(.sample(number)) }
        await first.close()

        let second = try await place.open()
        #expect(second.figures.isSpilling && second.figures.waiting == 5 && second.ailment == nil)
        for number in 7...9 { _ = try await second.append(.sample(number)) }
        #expect(try await second.takeTurn(at: "crm") == nil)
        try await place.server.start()
        try await place.settled(second)
        let entries = try await second.entries(through: try await second.log.log.newest())
        #expect(entries.map(\.event) == (1...9).map { .sample($0) })
        #expect(try await second.takeTurn(at: "crm") != nil)
        await second.close()
    }

    @Test func whatWasMovedAndNotForgottenYetIsKnownByTheLog() async throws {
        let place = try await Place()
        let first = try await place.open()
        await place.server.kill()
        for number in 1...4 { _ = try await first.append(.sample(number)) }
        await first.close()
        // As a process that ended between the log's word and its own note of it.
        try await place.server.start()
        let log = try await NATSJournal.open(.alone(on: place.server))
        for number in 1...3 { _ = try await log.append(.sample(number)) }
        await log.close()
        let second = try await place.open()
        try await place.settled(second)
        let entries = try await second.entries(through: try await second.log.log.newest())
        #expect(entries.map(\.event) == (1...4).map { .sample($0) })
        await second.close()
    }

    @Test func onlyWhatTheLogDidNotTakeGoesIntoTheFile() async throws {
        // It takes what is new, and does not say what became of what it has: that is taken for busy.
        let place = try await Place(NATSServer.withholdsMessages)
        let journal = try await place.open()
        _ = try await journal.append(.sample(2))
        let together = await journal.outcomes(of: (1...4).map { .sample($0) })
        #expect(try together.map { try #require($0).get().newEvents } == [1, 1, 1, 1])
        #expect(journal.figures.isSpilling && journal.figures.spilled == 1 && journal.figures.waiting == 1)
        #expect(try await journal.file.entries(through: 1).map(\.event) == [.sample(2)])
        let entries = try await journal.entries(through: try await journal.log.log.newest())
        #expect(entries.map(\.event) == [2, 1, 3, 4].map { .sample($0) })
        await journal.close()
    }

    @Test func whatTheLogNeverTakesStaysAndKeepsNothingElseFromIt() async throws {
        let place = try await Place("max_payload: 1MB")
        let first = try await place.open()
        await place.server.kill()
        let long = Receipt.sample(2, body: [UInt8](repeating: 7, count: 40_000))
        for number in 1...6 { _ = try await first.append(number == 2 ? long : .sample(number)) }
        try await place.server.start(with: "max_payload: 20000")
        try await place.settled(first)
        #expect(first.figures.waiting == 1 && first.figures.moved == 5)
        let moved = try await first.entries(through: try await first.log.log.newest())
        #expect(moved.map(\.event) == [1, 3, 4, 5, 6].map { .sample($0) })

        // It is told once, however often the log goes, and keeps what is new from nothing.
        _ = try await first.append(.sample(7))
        #expect(first.figures.spilled == 6)
        await place.server.kill()
        _ = try await first.append(.sample(8))
        try await place.server.start()
        try await place.settled(first)
        #expect(first.figures.waiting == 1 && first.figures.moved == 6)
        #expect(place.setAside == [long.requestId])
        await first.close()
        #expect(try await SpillingJournal.waiting(at: place.folder.path("spill.db")) == 1)

        await place.server.kill()
        try await place.server.start(with: "max_payload: 1MB")
        let second = try await place.open()
        try await place.settled(second)
        #expect(second.figures.waiting == 0 && second.figures.moved == 1)
        let entries = try await second.entries(through: try await second.log.log.newest())
        #expect(entries.map(\.event) == [1, 3, 4, 5, 6, 7, 8, 2].map { .sample($0) })
        await second.close()
    }

    @Test func whoeverIsToldThatTheLogIsAwayIsToldThatItIsBack() async throws {
        let place = try await Place()
        await place.server.kill()
        let journal = try await place.open()
        #expect(place.news.withLock { $0 } == [.spilling("out of reach")])
        try await place.server.start()
        try await place.settled(journal)
        // Though nothing came meanwhile.
        #expect(place.news.withLock { $0 }.last == .moved(0))
        await journal.close()
    }

    @Test func aDamagedPageEndsTheProcessAndTheNextStartMendsIt() async throws {
        let place = try await Place()
        let first = try await place.open()
        await place.server.kill()
        func body(_ number: Int) -> [UInt8] { Array("spilled \(number).".utf8) + [UInt8](repeating: 7, count: 1_000) }
        for number in 1...20 { _ = try await first.append(.sample(number, body: body(number))) }
        await first.close()
        try PageDamage.flip(in: Array("spilled 5.".utf8), of: .requests, in: place.folder.path("spill.db"))

        let second = try await place.open()
        try await place.server.start()
        while place.broken.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
        await #expect(throws: JournalError.self) { try await second.append(.sample(21)) }
        await second.close()

        let third = try await place.open()
        #expect(third.file.mended.count == 1)
        try await place.settled(third)
        // What was changed is not passed off as what was written: it stays where it is.
        #expect(third.figures.waiting == 1 && third.figures.moved == 19)
        #expect(place.setAside == [Receipt.sample(5).requestId])
        let entries = try await third.entries(through: try await third.log.log.newest())
        #expect(entries.map(\.event) == (1...20).filter { $0 != 5 }.map { .sample($0) })
        await third.close()
    }

    @Test func aLogThatMustNotBeUsedIsNotUsed() async throws {
        let place = try await Place()
        var settings = NATSJournal.Settings.alone(on: place.server)
        settings.replicas = 3
        await #expect(throws: JournalError.self) {
            _ = try await SpillingJournal.open(
                settings, spillingTo: place.folder.path("spill.db"), fileSettings: SQLiteJournal.Settings(),
                now: { .start }, whenBroken: { _ in }, check: { _ throws(JournalError) in }, tell: { _ in })
        }
    }
}
