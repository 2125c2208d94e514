import Journal
import Model
import Testing

/// Goal: what a journal promises to intake and to forwarders is the same, whatever it is made of.
///
/// Method: each test on every kind of journal: a file of SQLite's, and a stream of a real nats-server.
@Suite(.timeLimit(.minutes(2)))
struct JournalContractTests {
    typealias Kind = JournalPlace.Kind

    @Test(arguments: Kind.allCases)
    func whatIsAppendedIsReadInItsOrderAndByteForByte(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        for number in 1...20 {
            let appended = try await journal.append(.sample(number))
            #expect(appended == Appended(newEvents: 1, newFaults: 0))
        }
        let newest = await journal.newest { $0 >= 20 }
        let entries = try await journal.entries(through: newest)
        #expect(entries.map(\.event) == (1...20).map { FrozenEvent.sample($0) })
        #expect(entries.map(\.receivedAt) == (1...20).map { Receipt.sample($0).receivedAt })
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
        await journal.close()

        let again = try await place.open()
        #expect(try await again.entries(through: newest) == entries)
        await again.close()
    }

    @Test(arguments: Kind.allCases)
    func aBatchBeginsWhereItIsToldAndHasNoMoreThanIsWanted(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        for number in 1...9 { _ = try await journal.append(.sample(number)) }
        let newest = await journal.newest { $0 >= 9 }
        let first = try await journal.read(after: 0, limit: 4, matching: EntryFilter())
        #expect(first.entries.map(\.event) == (1...4).map { FrozenEvent.sample($0) })
        #expect(first.through == first.entries.last?.sequence)
        // From elsewhere, and from there again.
        for _ in 1...2 {
            let middle = try await journal.read(
                after: first.entries[1].sequence, limit: 2, matching: EntryFilter())
            #expect(middle.entries.map(\.event) == [.sample(3), .sample(4)])
        }
        let end = try await journal.read(after: newest, limit: 4, matching: EntryFilter())
        #expect(end.entries.isEmpty && end.through == newest)
        await place.end(journal)
    }

    @Test(arguments: Kind.allCases)
    func aFilterPassesOverWhatItDoesNotWant(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        for number in 1...10 {
            let source = number.isMultiple(of: 5) ? "rare" : "shop"
            _ = try await journal.append(.sample(number, source: source, events: [.sample(number, source: source)]))
        }
        let newest = await journal.newest { $0 >= 10 }
        let rare = try await journal.entries(through: newest, matching: EntryFilter(sources: ["rare"]))
        #expect(rare.map(\.event.label.source) == ["rare", "rare"])
        #expect(rare.map(\.event.id) == [FrozenEvent.sample(5).id, FrozenEvent.sample(10).id])
        await place.end(journal)
    }

    @Test(arguments: Kind.allCases)
    func theSameEventIsStoredOnceHoweverOftenItComes(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        // Many at once, and each from a request of its own.
        let news = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...40 {
                group.addTask { try await journal.append(.sample(number, events: [.sample(7)])).newEvents }
            }
            return try await group.reduce(0, +)
        }
        #expect(news == 1)
        let mixed = try await journal.append(.sample(50, events: [.sample(7), .sample(8), .sample(9)]))
        #expect(mixed.newEvents == 2)
        let known = try await journal.append(.sample(51, events: [.sample(8), .sample(9)]))
        #expect(known.isDuplicate)
        await journal.close()

        let again = try await place.open()
        #expect(try await again.append(.sample(52, events: [.sample(9)])).isDuplicate)
        let entries = try await again.entries(through: await again.newest())
        #expect(Set(entries.map(\.event.id)) == Set([7, 8, 9].map { FrozenEvent.sample($0).id }))
        #expect(entries.count == 3)
        await again.close()
    }

    @Test(arguments: Kind.allCases)
    func whatIsAppendedTogetherIsToldApart(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        _ = try await journal.append(.sample(2))
        let fault = Fault(path: "$.a", reason: "is no number")
        let outcomes = await journal.outcomes(of: [
            .sample(1, events: [.sample(1), .sample(11)]), .sample(2), .sample(3, events: [], faults: [fault]),
            .sample(4),
        ])
        #expect(try outcomes.map { try #require($0).get().newEvents } == [2, 0, 0, 1])
        #expect(try outcomes.map { try #require($0).get().newFaults } == [0, 0, 1, 0])
        let newest = await journal.newest { $0 >= 4 }
        let stored = try await journal.entries(through: newest).map(\.event)
        #expect(Set(stored.map(\.id)) == Set([2, 1, 11, 4].map { FrozenEvent.sample($0).id }))
        await journal.close()
        #expect(await journal.outcomes(of: [.sample(5), .sample(6)]) == [.failure(.closed), .failure(.closed)])
        await journal.append([]) { _, _ in Issue.record("it was told of something that it did not append") }
    }

    @Test(arguments: Kind.allCases)
    func whatIsAppendedTogetherKeepsItsOrder(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        for first in stride(from: 1, to: 200, by: 20) {
            let outcomes = await journal.outcomes(of: (first..<first + 20).map { .sample($0) })
            #expect(outcomes == outcomes.map { _ in .success(Appended(newEvents: 1, newFaults: 0)) })
        }
        // And those of one request in theirs.
        for first in stride(from: 201, to: 400, by: 4) {
            _ = try await journal.append(.sample(first, events: (first..<first + 4).map { .sample($0) }))
        }
        let newest = await journal.newest { $0 >= 400 }
        let stored = try await journal.entries(through: newest).map(\.event)
        #expect(stored == (1...400).map { .sample($0) })
        await place.end(journal)
    }

    @Test(arguments: Kind.allCases)
    func faultsOfABodyAreKeptOnce(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        let fault = Fault(path: "$.a", reason: "is no number")
        let first = try await journal.append(.sample(1, events: [], faults: [fault], body: [1, 2]))
        #expect(first == Appended(newEvents: 0, newFaults: 1))
        #expect(try await journal.append(.sample(2, events: [], faults: [fault], body: [1, 2])).isDuplicate)
        // Another body, half of which is understood.
        let half = try await journal.append(.sample(3, faults: [fault], body: [3]))
        #expect(half == Appended(newEvents: 1, newFaults: 1))
        let newest = await journal.newest()
        #expect(try await journal.entries(through: newest).map(\.event) == [.sample(3)])
        await place.end(journal)
    }

    @Test(arguments: Kind.allCases)
    func whoWaitsIsToldOfWhatIsNew(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        let commits = await journal.commits()
        let told = Task { await commits.first { $0 > 0 } }
        _ = try await journal.append(.sample(1))
        #expect(await told.value == 1)
        await place.end(journal)
        // The end is the end for whoever waits.
        for await _ in commits {}
    }

    @Test(arguments: Kind.allCases)
    func nothingIsTakenOnceItIsClosed(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await place.open()
        await journal.close()
        await #expect(throws: JournalError.closed) { try await journal.append(.sample(1)) }
    }

    // MARK: Sinks

    private func filled(_ place: JournalPlace) async throws -> any Journal {
        let journal = try await place.open()
        for number in 1...6 { _ = try await journal.append(.sample(number)) }
        #expect(try await journal.takeTurn(at: "crm") == Progress())
        #expect(journal.isOurTurn(at: "crm"))
        return journal
    }

    private func postponed(_ sequence: Int64, attempts: Int = 1, dueMs: Int64 = 1) -> Steps.Postponed {
        Steps.Postponed(
            sequence: sequence, attempts: attempts, firstTriedAt: .start,
            dueAt: Instant.start.advanced(byMilliseconds: dueMs), reason: "HTTP 503")
    }

    @Test(arguments: Kind.allCases)
    func whereASinkStandsOutlivesTheProcess(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await filled(place)
        let halt = Progress.Halt(reason: "HTTP 410", at: .start)
        let outage = Progress.Outage(until: .start, probesFailed: 3)
        try await journal.record(Steps(cursor: 3, position: [0, 255, 1], isServed: true), for: "crm")
        try await journal.record(Steps(cursor: 5, turn: .halted(halt), health: .down(outage)), for: "crm")
        try await journal.record(Steps(tried: [6]), for: "crm")
        try await journal.record(Steps(tried: [6]), for: "crm")
        let expected = Progress(
            cursor: 5, position: [0, 255, 1], isServed: true, trials: [6: 2], halt: halt, outage: outage)
        #expect(try await journal.progress(of: "crm") == expected)
        try await journal.record(
            Steps(position: [], survived: [6], isServed: false, turn: .resumed, health: .up), for: "crm")
        await journal.close()
        let again = try await place.open()
        #expect(try await again.takeTurn(at: "crm") == Progress(cursor: 5))
        #expect(try await again.progress(of: "other") == Progress())
        await again.close()
    }

    @Test(arguments: Kind.allCases)
    func retriesComeInTheirOrderPageByPageAndLeaveWhenTheyAreDone(_ kind: Kind) async throws {
        let place = try await JournalPlace(kind)
        let journal = try await filled(place)
        let steps = [postponed(2, dueMs: 300), postponed(3, dueMs: 100), postponed(5, dueMs: 200)]
        try await journal.record(Steps(cursor: 5, postponed: steps), for: "crm")
        let first = try await journal.retries(of: "crm", after: 0, limit: 2)
        #expect(first.map(\.entry.event) == [.sample(2), .sample(3)])
        #expect(first.last?.attempts == 1 && first.last?.firstTriedAt == .start)
        #expect(first.last?.dueAt == Instant.start.advanced(byMilliseconds: 100))
        #expect(try await journal.retries(of: "crm", after: 3, limit: 2).map(\.entry.sequence) == [5])
        #expect(try await journal.retries(of: "crm", after: 5, limit: 2).isEmpty)

        let settled = Steps.Settled(sequence: 5, attempts: 2, at: .start)
        let buried = Steps.Buried(sequence: 2, attempts: 9, at: .start, reason: "HTTP 400")
        try await journal.record(
            Steps(postponed: [postponed(3, attempts: 2)], buried: [buried], settled: [settled], isServed: false),
            for: "crm")
        await journal.close()
        let again = try await place.open()
        #expect(try await again.takeTurn(at: "crm")?.cursor == 5)
        let rest = try await again.retries(of: "crm", after: 0, limit: 9)
        #expect(rest.map(\.entry.sequence) == [3] && rest.map(\.attempts) == [2])
        await again.close()
    }
}
