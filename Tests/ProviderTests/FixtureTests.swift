public import Casebook
import Foundation
import Model
import Providers
public import Testing

/// Goal: every provider reads what its vendor really sends, and refuses what it should.
///
/// Method: every folder under `Fixtures` is a case; `RECORD=1 swift test` writes what is missing, and fails. The bodies
/// are then cut short and changed byte by byte, signed anew each time, for an authentic body may say anything.
struct FixtureTests {
    @Test(arguments: Fixtures.all)
    func comesOutAsRecorded(_ fixture: Case) throws {
        let outcome = fixture.outcome()
        if ProcessInfo.processInfo.environment["RECORD"] == "1", fixture.expected.isEmpty {
            try fixture.record(outcome)
            Issue.record("recorded \(fixture): read it, line by line, before it is kept")
            return
        }
        let difference = fixture.expected.difference(from: Expectation(outcome))
        #expect(difference == nil, "\(fixture): \(difference ?? "")")
    }

    @Test(arguments: Fixtures.all)
    func decodingTwiceIsByteIdentical(_ fixture: Case) {
        #expect(Expectation(fixture.outcome()) == Expectation(fixture.outcome()))
    }

    @Test(arguments: Fixtures.read)
    func everyTruncationOfEveryBodyEndsWell(_ fixture: Case) {
        let body = fixture.webhook.body
        for count in Fixtures.places(in: body) {
            let request = fixture.signed(Array(body.prefix(count))).webhook()
            let (first, second) = (fixture.outcome(of: request), fixture.outcome(of: request))
            expectGoodEnd(of: fixture, first, "cut to \(count) bytes")
            let isSame =
                first.events == second.events && first.faults == second.faults && first.sightings == second.sightings
            if !isSame { Issue.record("\(fixture): \(count) bytes come out twice") }
        }
    }

    @Test(arguments: Fixtures.read)
    func everySingleByteChangeOfEveryBodyEndsWell(_ fixture: Case) {
        var body = fixture.webhook.body
        for index in Fixtures.places(in: body) {
            let original = body[index]
            for replacement in Fixtures.replacements(for: original, at: index) {
                body[index] = replacement
                let outcome = fixture.outcome(of: fixture.signed(body).webhook())
                expectGoodEnd(of: fixture, outcome, "byte \(index) is \(replacement)")
            }
            body[index] = original
        }
    }

    /// Authentic bytes become events, faults or both, never nothing and never a refusal.
    private func expectGoodEnd(of fixture: Case, _ outcome: Outcome, _ change: @autoclosure () -> String) {
        let isGood = outcome.refusal == nil && !(outcome.events.isEmpty && outcome.faults.isEmpty)
        if !isGood { Issue.record("\(fixture): \(change())") }
    }

    @Test func everyFolderIsACase() throws {
        #expect(try Case.all(in: Fixtures.folder).isEmpty == false)
    }

    @Test(arguments: catalog.map { $0.name })
    func everyProviderHasCases(_ name: String) {
        let cases = Fixtures.all.filter { $0.provider == name }
        let isTold = cases.contains { $0.origin != .made }
        #expect(isTold, "add what the vendor's page shows or tells of, as Fixtures/\(name)/<case>/request.http")
        let isSpoilt = cases.contains { $0.origin == .made && !$0.outcome().faults.isEmpty }
        #expect(isSpoilt, "add one that cannot be understood, as Fixtures/\(name)/<case>/request.http")
    }

    @Test(arguments: Fixtures.all)
    func everyCaseIsDescribedInASentence(_ fixture: Case) {
        #expect(fixture.about.hasSuffix("."), "what \(fixture) is about is not a sentence")
    }

    @Test(arguments: Fixtures.all)
    func noEventLacksAnything(_ fixture: Case) {
        let events = fixture.outcome().events
        #expect(Set(events.map(\.id)).count == events.count, "two events share an id")
        #expect(events.map(\.provenance.index) == Array(events.indices))
        for event in events {
            let user = event.direction == .inbound ? event.from : event.to
            #expect(event.subject == user?.value)
            #expect(event.provider == fixture.provider)
            #expect(event.source == fixture.source.name)
            #expect(event.receivedAt == Case.receivedAt)
            #expect(event.providerMessageId != "")
            for address in [event.from, event.to].compactMap({ $0 }) { #expect(!address.value.isEmpty) }
            if case .consent(let consent) = event.body, let evidence = consent.evidence {
                #expect(events.contains { $0.id == evidence }, "the evidence is not there")
            }
        }
    }

    /// What an event is called depends on what it says and where it came from, and not on when it came.
    @Test(arguments: Fixtures.read)
    func aDayLaterItIsTheSameEvent(_ fixture: Case) {
        let later = Case.receivedAt.advanced(byMilliseconds: 86_400_000)
        let again = fixture.outcome(of: fixture.signed().webhook(receivedAt: later))
        let first = fixture.outcome(of: fixture.signed().webhook())
        #expect(again.events.map(\.id) == first.events.map(\.id))
    }

    @Test(arguments: Fixtures.read)
    func nothingIsDropped(_ fixture: Case) {
        let outcome = fixture.outcome()
        guard !outcome.events.isEmpty else { return }
        let known = Leaves.texts(of: outcome.events)
        for leaf in Leaves.all(in: fixture.webhook.body) {
            let isFault = outcome.faults.contains { leaf.path == $0.path || leaf.path.hasPrefix($0.path + ".") }
            let isKept = isFault || known.contains(leaf.text) || StandIns.hold(leaf, of: fixture.provider, in: known)
            #expect(isKept, "\(fixture) dropped \(leaf.path)")
        }
    }
}

/// The recorded cases beside the sources.
enum Fixtures {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures").path

    /// None where one of them cannot be read: that is a failure of its own.
    static let all: [Case] = (try? Case.all(in: folder)) ?? []

    /// Those whose bodies are read at all, for no body of a refused request is.
    static let read = all.filter { $0.expected.refusal == nil }

    /// Every place in a body; of a large one the beginning and the end, and some of what lies between, which is much alike.
    static func places(in body: [UInt8]) -> [Int] {
        guard body.count > 2_000 else { return Array(body.indices) }
        let between = stride(from: 200, to: body.count - 200, by: body.count / 20)
        return Array(body.indices.prefix(200)) + between + body.indices.suffix(200)
    }

    /// What a byte is changed to: another one of its kind, and in turns what opens, ends or spoils something in JSON.
    static func replacements(for original: UInt8, at index: Int) -> [UInt8] {
        [original ^ 0x01, spoilers[index % spoilers.count]].filter { $0 != original }
    }

    private static let spoilers: [UInt8] = Array("\"{9,[\\ -".utf8) + [0x00, 0x80, 0xFF]
}

extension Case: CustomTestStringConvertible {
    public var testDescription: String { description }
}
