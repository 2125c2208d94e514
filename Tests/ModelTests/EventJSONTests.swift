import Foundation
import Testing

@testable import Model

/// Goal: the event has one spelling, which is JSON, holds everything, and quotes whatever a vendor may send.
struct EventJSONTests {
    private static let instant = Instant(microseconds: 1_770_694_648_425_000)

    private static func event(_ body: Event.Body, extra: [Verbatim.Member] = []) -> Event {
        Event(
            id: EventID(high: 0x0123_4567_89AB_5DEF, low: 0x8123_4567_89AB_CDEF), subject: "+15555550123",
            provider: "telesign", source: "main", channel: .sms, direction: .inbound, providerMessageId: "R1",
            from: Address(kind: .phone, value: "+15555550123", raw: "15555550123", country: "US"), to: nil,
            occurredAt: nil, receivedAt: instant,
            authenticity: Authenticity(method: "telesign-hmac-sha256", key: "secret-1"),
            provenance: Provenance(
                requestId: EventID(high: 1, low: 2), bodySha256: String(repeating: "a", count: 64),
                decoder: "telesign/1", index: 0, idBasis: .provider),
            body: body, extra: extra)
    }

    private static func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func isSpelledToTheByte() {
        let message = Event.Message(content: [.text("Stop")])
        #expect(
            String(decoding: Self.event(.received(message)).canonicalBytes, as: UTF8.self) == """
                {"specversion":"1.0","id":"01234567-89ab-5def-8123-456789abcdef","source":"/sources/main",\
                "type":"mogate.message.received","subject":"+15555550123","time":"2026-02-10T03:37:28.425000Z",\
                "datacontenttype":"application/json","dataschema":"urn:mogate:inbound-event:1","provider":"telesign",\
                "channel":"sms","partitionkey":"+15555550123","data":{"provider":"telesign","source":"main",\
                "channel":"sms","direction":"inbound","providerMessageId":"R1","from":{"kind":"phone",\
                "value":"+15555550123","raw":"15555550123","country":"US"},"receivedAt":"2026-02-10T03:37:28.425000Z",\
                "content":[{"type":"text","text":"Stop"}],"authenticity":{"result":"verified",\
                "method":"telesign-hmac-sha256","key":"secret-1"},"provenance":{"requestId":\
                "00000000-0000-0001-0000-000000000002","bodySha256":\
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","decoder":"telesign/1","index":0,\
                "idBasis":"provider","configured":[],"warnings":[]}}}
                """)
    }

    @Test func eventsAreFrozenInTheirOrderAndTakenOut() {
        let events = ["one", "two", "three"].map { Self.event(.received(Event.Message(content: [.text($0)]))) }
        var decoding = Decoding(events: events)
        #expect(decoding.freezeEvents().map(\.bytes) == events.map(\.canonicalBytes))
        #expect(decoding.events.isEmpty)
        #expect(decoding.freezeEvents().isEmpty)
    }

    @Test(arguments: [
        "plain", "", "\"", "\\", "/", "\u{8}\u{9}\u{A}\u{C}\u{D}", "\u{0}\u{1}\u{1F}\u{7F}", "é😎漢", "\u{2028}\u{FEFF}",
        String(repeating: "x\"\\\n", count: 5_000),
    ])
    func textComesBackAsItWas(_ text: String) throws {
        let extra = [Verbatim.Member(name: "k" + text, value: .string(text))]
        let json = try Self.object(Self.event(.received(.init(content: [.text(text)])), extra: extra).canonicalBytes)
        let data = try #require(json["data"] as? [String: Any])
        #expect((data["content"] as? [[String: Any]])?.first?["text"] as? String == text)
        #expect((data["extra"] as? [String: Any])?["k" + text] as? String == text)
    }

    @Test(
        arguments: [
            (.integer(.max), "9223372036854775807"), (.integer(.min), "-9223372036854775808"), (.real(0.1), "0.1"),
            (.real(44.816028594971), "44.816028594971"), (.real(1e20), "1e+20"), (.real(-0.0), "-0.0"),
            (.real(.infinity), "null"), (.bool(true), "true"), (.null, "null"), (.array([]), "[]"), (.object([]), "{}"),
            (.array([.integer(1), .array([.null]), .string("a")]), #"[1,[null],"a"]"#),
        ] as [(Verbatim, String)])
    func valuesAreSpelled(_ value: Verbatim, _ spelling: String) {
        var json = JSONWriter(capacity: 16)
        json.value(value)
        #expect(String(decoding: json.finish(), as: UTF8.self) == spelling)
    }

    @Test func theJournalsNumberIsTheSecondMember() throws {
        let event = Self.event(.notice(kind: "template"))
        let entry = Entry(sequence: 42, event: FrozenEvent(event), receivedAt: Self.instant)
        let text = String(decoding: entry.json, as: UTF8.self)
        #expect(text.hasPrefix(#"{"specversion":"1.0","sequence":"00000000000000000042","id":"#))
        var json = try Self.object(entry.json)
        #expect(json.removeValue(forKey: "sequence") as? String == "00000000000000000042")
        let canonical = try Self.object(event.canonicalBytes)
        #expect(json as NSDictionary == canonical as NSDictionary)
    }

    @Test func theSchemaIsJSONAndNamesEveryWord() throws {
        let schema = try Self.object(EventSchema.json)
        let text = String(decoding: EventSchema.json, as: UTF8.self)
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        let words =
            Event.Kind.allCases.map(\.rawValue) + Channel.allCases.map(\.rawValue)
            + Address.Kind.allCases.map(\.rawValue) + Event.Status.State.allCases.map(\.rawValue)
            + Event.Consent.Cause.allCases.map(\.rawValue)
        for word in words { #expect(text.contains("\"\(word)\"")) }
    }

    @Test func secretsDoNotShow() {
        let secret = Secret(name: "secret-1", key: Array("hunter2".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
            #expect(!text.contains("hunter2") && !text.contains("104"))
        }
    }
}
