internal import Casebook
internal import Foundation
internal import Model
internal import Providers
internal import Wire

/// Goal: whatever an authentic body says, it becomes events, faults or both, and every event is whole.
///
/// Method: each input is a body, signed as the vendor signs, and posted to the source that the provider's fixtures share
/// and to one of those that single fixtures have; which one depends on the length, so that it is found by chance.
public struct ProviderHarness: Sendable {
    private let provider: any Provider.Type
    private let fixture: Case
    /// The shared source first. All of them believe what is signed with their first secret.
    private let sources: [Source]

    public init(_ name: String) {
        let folder = ProcessInfo.processInfo.environment["MOGATE_FIXTURES"] ?? "Fixtures"
        guard let cases = try? Case.all(in: folder).filter({ $0.provider == name }), let fixture = cases.first,
            let provider = Providers.provider(named: name)
        else { fail("no fixtures of \(name) in \(folder): name it with MOGATE_FIXTURES") }
        self.provider = provider
        self.fixture = fixture
        let own = cases.filter(\.hasOwnSource).map(\.source)
        sources = ([fixture.commonSource] + own).filter { source in
            let webhook = fixture.signed([], for: source).webhook()
            return (try? provider.authenticate(webhook, for: source)) != nil
        }
    }

    public func check(_ body: [UInt8]) {
        check(body, for: sources[0])
        check(body, for: sources[body.count % sources.count])
    }

    private func check(_ body: [UInt8], for source: Source) {
        let decoding = decode(body, for: source, receivedAt: Case.receivedAt)
        require(!decoding.events.isEmpty || !decoding.faults.isEmpty, "neither an event nor a fault")
        let ids = decoding.events.map(\.id)
        require(Set(ids).count == ids.count, "two events share an id")
        require(decoding.events.map(\.provenance.index) == Array(decoding.events.indices), "an index is wrong")
        for event in decoding.events { check(event, among: ids) }

        let nextDay = Case.receivedAt.advanced(byMilliseconds: 86_400_000)
        let again = decode(body, for: source, receivedAt: nextDay)
        require(again.events.map(\.id) == ids, "a day later the events have other ids")
        require(again.faults == decoding.faults, "a day later there are other faults")
    }

    private func decode(_ body: [UInt8], for source: Source, receivedAt: Instant) -> Decoding {
        let webhook = fixture.signed(body, for: source).webhook(receivedAt: receivedAt)
        do throws(Refusal) {
            return provider.decode(try provider.authenticate(webhook, for: source), for: source)
        } catch {
            fail("a true signature was refused: \(error)")
        }
    }

    private func check(_ event: Event, among ids: [EventID]) {
        let user = event.direction == .inbound ? event.from : event.to
        require(event.subject == user?.value, "the subject is not the end user")
        require(event.providerMessageId != "", "an id is empty")
        for address in [event.from, event.to].compactMap({ $0 }) {
            require(!address.value.isEmpty, "an address is empty")
        }
        if case .consent(let consent) = event.body, let evidence = consent.evidence {
            require(ids.contains(evidence), "the evidence is not there")
        }
        checkBytes(of: event)
    }

    /// What is written must be read again, by us as by whoever gets it: one line, and JSON as strict as we take it.
    private func checkBytes(of event: Event) {
        let bytes = event.canonicalBytes
        require(bytes == event.canonicalBytes, "the same event is written in two ways")
        require(!bytes.contains(UInt8(ascii: "\n")), "an event takes more than a line")
        do throws(JSON.Failure) {
            let json = try JSON(bytes)
            require(json["id"]?.string?.utf8.count == 36, "the id is not a UUID")
            require(json["type"]?.string == event.type.rawValue, "the type is lost")
            require(json["subject"]?.string == event.subject, "the subject is lost")
            require(json["data"]?.kind == .object, "the data is lost")
        } catch {
            // A vendor's field keeps its depth and lies deeper in the event than in the body.
            require(error.reason == "nested too deeply", "an event is not JSON: \(error)")
        }
    }
}
