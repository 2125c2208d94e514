import Journal
import Model
import Testing

/// Goal: what an operator sees of a journal, and may have done to it, is the same whatever it is made of.
///
/// Method: each test on every kind of journal, by the browser and the calls that the commands use.
@Suite(.timeLimit(.minutes(2)))
struct OperatorContractTests {
    typealias Kind = JournalPlace.Kind

    /// A journal with a look into it.
    private struct Desk {
        let place: JournalPlace
        let journal: any Journal
        let browser: any JournalBrowser

        init(_ kind: Kind, _ receipts: [Receipt]) async throws {
            place = try await JournalPlace(kind)
            journal = try await place.open()
            for receipt in receipts { _ = try await journal.append(receipt) }
            browser = try await place.browser()
        }

        func close() async {
            await browser.close()
            await place.end(journal)
        }

        /// The number of a sample's event.
        func number(_ sample: Int) async throws -> Int64 {
            try #require(try await browser.event(FrozenEvent.sample(sample).id)).entry.sequence
        }
    }

    private static func samples(_ numbers: ClosedRange<Int>) -> [Receipt] { numbers.map { .sample($0) } }

    // MARK: Events and requests

    @Test(arguments: Kind.allCases)
    func eventsAreListedFromEitherEndPageByPage(_ kind: Kind) async throws {
        let desk = try await Desk(kind, Self.samples(1...12))
        let newest = try await desk.browser.events(EventQuery(limit: 5))
        #expect(newest.events.map(\.entry.event) == [12, 11, 10, 9, 8].map { .sample($0) })
        let rest = try await desk.browser.events(EventQuery(from: newest.next, limit: 100))
        #expect(rest.events.map(\.entry.event) == (1...7).reversed().map { .sample($0) } && rest.next == nil)
        let oldest = try await desk.browser.events(EventQuery(order: .oldestFirst, limit: 4))
        #expect(oldest.events.map(\.entry.event) == (1...4).map { .sample($0) })
        let others = try await desk.browser.events(EventQuery(from: oldest.next, order: .oldestFirst, limit: 100))
        #expect(others.events.map(\.entry.event) == (5...12).map { .sample($0) } && others.next == nil)
        #expect(try await desk.browser.events(EventQuery(limit: 0)).events.isEmpty)
        await desk.close()
    }

    @Test(arguments: Kind.allCases)
    func eventsAreFoundByWhatTheyAreAndWhenTheyCame(_ kind: Kind) async throws {
        let desk = try await Desk(
            kind,
            (1...9).map { number in
                let subject = number.isMultiple(of: 3) ? "+15550133" : "+15550100"
                return .sample(
                    number, source: number == 4 ? "rare" : "shop",
                    events: [.sample(number, source: number == 4 ? "rare" : "shop", subject: subject)])
            })
        let bySubject = try await desk.browser.events(EventQuery(order: .oldestFirst, subject: "+15550133"))
        #expect(bySubject.events.map(\.entry.event.id) == [3, 6, 9].map { FrozenEvent.sample($0).id })
        let bySource = try await desk.browser.events(EventQuery(filter: EntryFilter(sources: ["rare"])))
        #expect(bySource.events.map(\.entry.event.id) == [FrozenEvent.sample(4).id])
        for order in [EventQuery.Order.oldestFirst, .newestFirst] {
            let span = EventQuery(
                order: order, since: Receipt.sample(5).receivedAt, until: Receipt.sample(8).receivedAt)
            let ids = Set(try await desk.browser.events(span).events.map(\.entry.event.id))
            #expect(ids == Set([5, 6, 7].map { FrozenEvent.sample($0).id }))
        }
        let held = try await desk.browser.events(holding: "EVENT 7")
        #expect(held.events.map(\.entry.event.id) == [FrozenEvent.sample(7).id])
        await desk.close()
    }

    @Test(arguments: Kind.allCases)
    func anEventIsFoundByItsIDAndItsNumberAndLeadsToItsRequest(_ kind: Kind) async throws {
        let desk = try await Desk(kind, Self.samples(1...3))
        let event = try #require(try await desk.browser.event(FrozenEvent.sample(2).id))
        #expect(event.entry.event == .sample(2) && event.requestId == Receipt.sample(2).requestId)
        let number = event.entry.sequence
        #expect(try await desk.browser.events(numbered: number..<number + 1) == [event])
        #expect(try await desk.browser.events(numbered: number..<number + 9).count == 2)
        let request = try #require(try await desk.browser.request(of: event))
        let sent = Receipt.sample(2)
        #expect(
            request.body == sent.body && request.headers == sent.headers.fields && request.receivedAt == sent.receivedAt
        )
        #expect(request.authenticity == sent.authenticity && request.source == "shop")
        #expect(request.eventRuns.flatMap { $0 } == [number])
        #expect(try await desk.browser.request(sent.requestId) == request)
        #expect(try await desk.browser.event(FrozenEvent.sample(99).id) == nil)
        #expect(try await desk.browser.request(Receipt.sample(99).requestId) == nil)
        await desk.close()
    }

    @Test(arguments: Kind.allCases)
    func aRequestIsToldOnceWithAllItsEventsHoweverManyItBrought(_ kind: Kind) async throws {
        let desk = try await Desk(
            kind, [.sample(1), .sample(2, events: [.sample(2), .sample(3), .sample(4)]), .sample(5)])
        let requests = try await desk.browser.requests(RequestQuery()).requests
        #expect(requests.map(\.requestId) == [1, 2, 5].map { Receipt.sample($0).requestId })
        var brought: Set<EventID> = []
        for run in requests[1].eventRuns {
            brought.formUnion(try await desk.browser.events(numbered: run).map(\.entry.event.id))
        }
        #expect(brought == Set([2, 3, 4].map { FrozenEvent.sample($0).id }))
        #expect(requests[1].body == Receipt.sample(2).body)
        // The same callback again leaves nothing behind.
        let again = try await desk.journal.append(.sample(2, events: [.sample(2), .sample(3), .sample(4)]))
        #expect(again.isDuplicate)
        #expect(try await desk.browser.requests(RequestQuery()).requests == requests)
        await desk.close()
    }

    // MARK: Quarantine

    private static let faults = [
        Fault(path: "$.a", reason: "is no number"), Fault(path: "$.b", reason: "is no text"),
    ]

    @Test(arguments: Kind.allCases)
    func whatIsInQuarantineIsListedWithItsBodyAndLeavesWhenItIsUnderstood(_ kind: Kind) async throws {
        let broken = Receipt.sample(2, events: [], faults: Self.faults, body: [7, 0, 255])
        let desk = try await Desk(kind, [.sample(1), broken, .sample(3, events: [], faults: [Self.faults[0]])])
        let items = try await desk.browser.quarantine().items
        #expect(items.count == 3 && Set(items.prefix(2).map(\.fault.path)) == ["$.a", "$.b"])
        #expect(items[0].body == [7, 0, 255] && items[0].requestId == broken.requestId)
        #expect(try await desk.browser.quarantined(items[1].id) == items[1])
        #expect(try await desk.browser.quarantined(items[2].id + 1) == nil)
        let page = try await desk.browser.quarantine(after: 0, limit: 2)
        #expect(page.items == Array(items.prefix(2)))
        #expect(try await desk.browser.quarantine(after: #require(page.next), limit: 2).items == [items[2]])
        let wanted = try await desk.browser.requests(RequestQuery(onlyQuarantined: true)).requests
        #expect(wanted.map(\.requestId) == [2, 3].map { Receipt.sample($0).requestId })
        #expect(wanted.first?.body == [7, 0, 255])
        #expect(try await desk.browser.counts().quarantine == 3)

        // A mended decoder makes an event of it, and has one fault left.
        let replay = Receipt.sample(
            2, events: [.sample(2)], faults: [Self.faults[1]], body: [7, 0, 255], isReplay: true)
        let appended = try await desk.journal.append(replay)
        #expect(appended == Appended(newEvents: 1, newFaults: 0, settledFaults: 1))
        #expect(try await desk.browser.quarantine().items.map(\.fault.path) == ["$.b", "$.a"])
        let event = try #require(try await desk.browser.event(FrozenEvent.sample(2).id))
        #expect(try await desk.browser.request(of: event)?.body == [7, 0, 255])
        #expect(try await desk.journal.append(replay).isDuplicate)
        await desk.close()
    }

    // MARK: Sinks

    @Test(arguments: Kind.allCases)
    func deadLettersAreListedAndSentAgain(_ kind: Kind) async throws {
        let desk = try await Desk(kind, Self.samples(1...5))
        let journal = desk.journal
        _ = try await journal.takeTurn(at: "crm")
        let numbers = [try await desk.number(1), try await desk.number(2), try await desk.number(4)]
        let buried = numbers.map { Steps.Buried(sequence: $0, attempts: 3, at: .start, reason: "HTTP 400") }
        try await journal.record(Steps(cursor: try await desk.number(5), buried: buried), for: "crm")
        let letters = try await desk.browser.deadLetters(of: "crm").letters
        #expect(letters.map(\.entry.event) == [1, 2, 4].map { .sample($0) })
        #expect(letters[0].attempts == 3 && letters[0].at == .start && letters[0].reason == "HTTP 400")
        let page = try await desk.browser.deadLetters(of: nil, after: nil, limit: 2)
        #expect(page.letters == Array(letters.prefix(2)))
        #expect(try await desk.browser.deadLetters(of: nil, after: page.next, limit: 2).letters == [letters[2]])
        #expect(try await desk.browser.deadLetters(of: "nobody").letters.isEmpty)
        #expect(try await desk.browser.sinks().map(\.deadLetters) == [3])

        try await journal.instruct(Steps(at: .start, replayed: Array(numbers.prefix(2))), for: "crm")
        #expect(try await desk.browser.deadLetters(of: "crm").letters == [letters[2]])
        let first = try await journal.replays(of: "crm", after: 0, limit: 1)
        #expect(first.map(\.entry.event) == [.sample(1)] && first[0].attempts == 0)
        #expect(try await journal.replays(of: "crm", after: numbers[0], limit: 9).map(\.entry.event) == [.sample(2)])
        #expect(try await journal.retries(of: "crm", after: numbers[1], limit: 9).isEmpty)
        // One is taken, the other fails and waits as any that failed.
        let failed = Steps.Postponed(
            sequence: numbers[1], attempts: 1, firstTriedAt: .start, dueAt: .start, reason: "HTTP 503",
            triedAt: .start)
        let taken = Steps.Settled(sequence: numbers[0], attempts: 1, at: .start)
        try await journal.record(Steps(at: .start, postponed: [failed], settled: [taken]), for: "crm")
        #expect(try await journal.replays(of: "crm", after: 0, limit: 9).isEmpty)
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).map(\.entry.sequence) == [numbers[1]])
        #expect(try await desk.browser.sinks().map(\.retries) == [1])
        await desk.close()
    }

    @Test(arguments: Kind.allCases)
    func howAnEventStandsWithEachSinkIsTold(_ kind: Kind) async throws {
        let desk = try await Desk(kind, Self.samples(1...4))
        let journal = desk.journal
        let numbers = [
            try await desk.number(1), try await desk.number(2), try await desk.number(3), try await desk.number(4),
        ]
        let failed = Steps.Postponed(
            sequence: numbers[0], attempts: 2, firstTriedAt: .start, dueAt: .start, reason: "HTTP 503")
        let buried = Steps.Buried(sequence: numbers[1], attempts: 3, at: .start, reason: "HTTP 400")
        _ = try await journal.takeTurn(at: "crm")
        try await journal.record(
            Steps(at: .start, cursor: numbers[2], postponed: [failed], buried: [buried]), for: "crm")
        func state(_ number: Int64) async throws -> EventHistory.State? {
            try await desk.browser.history(of: number).sinks.first?.state
        }
        #expect(try await state(numbers[0]) == .waiting(tries: 2, until: .start, reason: "HTTP 503"))
        #expect(try await state(numbers[1]) == .dead(at: .start, reason: "HTTP 400"))
        #expect(try await state(numbers[3]) == .ahead)
        guard case .passed? = try await state(numbers[2]) else {
            Issue.record("the sink has come past it")
            return
        }
        await desk.close()
    }

    @Test(arguments: Kind.allCases)
    func aSinkThatWantedNothingMoreIsSentToAgain(_ kind: Kind) async throws {
        let desk = try await Desk(kind, Self.samples(1...1))
        _ = try await desk.journal.takeTurn(at: "crm")
        let halt = Progress.Halt(reason: "HTTP 410", at: .start)
        let outage = Progress.Outage(until: .start, probesFailed: 3)
        try await desk.journal.record(Steps(cursor: 1, turn: .halted(halt), health: .down(outage)), for: "crm")
        let before = try #require(try await desk.browser.sinks().first)
        #expect(before.halt == halt && before.outage == outage && before.cursor == 1)
        try await desk.journal.instruct(Steps(turn: .resumed, health: .up), for: "crm")
        let after = try #require(try await desk.browser.sinks().first)
        #expect(after.halt == nil && after.outage == nil && after.cursor == 1)
        await desk.close()
    }

    // MARK: Erasing

    @Test(arguments: Kind.allCases)
    func whatIsErasedIsGoneWithAllThatHangsOnIt(_ kind: Kind) async throws {
        let person = "+15550177"
        let body = Array("a body with 5550177 in it, and 15550177".utf8)
        let desk = try await Desk(
            kind,
            [
                .sample(1),
                // Two persons in one request: the other's event stays.
                .sample(2, events: [.sample(2, subject: person), .sample(3)]),
                .sample(4, events: [], faults: Self.faults, body: body),
                .sample(5), .sample(6, events: [.sample(6, subject: person)]),
            ])
        let (journal, browser) = (desk.journal, desk.browser)
        _ = try await journal.takeTurn(at: "crm")
        let (second, last) = (try await desk.number(2), try await desk.number(6))
        let buried = Steps.Buried(sequence: second, attempts: 3, at: .start, reason: "HTTP 400")
        let failed = Steps.Postponed(
            sequence: last, attempts: 1, firstTriedAt: .start, dueAt: .start, reason: "HTTP 503")
        try await journal.record(Steps(cursor: last, postponed: [failed], buried: [buried]), for: "crm")

        let named = try await browser.events(mentioning: person)
        #expect(named.events == [second, last] && named.next == nil)
        let suspected = try await browser.quarantined(mentioning: person)
        #expect(!suspected.requests.isEmpty && suspected.next == nil)
        var erased = try await journal.erase(named)
        erased += try await journal.erase(suspected)
        #expect(erased.events == 2 && erased.requests == 3 && erased.faults == 2)
        _ = try await journal.note(
            ErasureRecord(at: .start, salt: [1], subjectDigest: [2], erased: erased))

        #expect(try await browser.events(mentioning: person).events.isEmpty)
        #expect(try await browser.event(FrozenEvent.sample(2).id) == nil)
        #expect(try await browser.quarantine().items.isEmpty)
        #expect(try await browser.deadLetters(of: "crm").letters.isEmpty)
        #expect(
            try await browser.events(EventQuery(order: .oldestFirst)).events.map(\.entry.event)
                == [1, 3, 5].map {
                    .sample($0)
                })
        #expect(
            try await browser.requests(RequestQuery()).requests.map(\.requestId)
                == [1, 5].map {
                    Receipt.sample($0).requestId
                })
        // A reader comes past what is not there any more, though it was the newest.
        #expect(try await journal.entries(through: last).map(\.event) == [1, 3, 5].map { .sample($0) })
        try await journal.record(Steps(isServed: false), for: "crm")
        await desk.close()
        // What waited of it waits no more, for whoever serves the sink next.
        let next = try await desk.place.open()
        _ = try await next.takeTurn(at: "crm")
        #expect(try await next.retries(of: "crm", after: 0, limit: 9).isEmpty)
        await desk.place.end(next)
    }
}
