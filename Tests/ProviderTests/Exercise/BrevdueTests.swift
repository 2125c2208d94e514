import Model
import Testing

@testable import Providers

/// Goal: a vendor that was added after the guide alone does all that a vendor has to.
struct BrevdueTests {
    private static let secret = Secret(name: "secret-1", key: Array("a secret of ours".utf8))
    private static let source = Source(name: "brevdue", provider: Brevdue.name, secrets: [secret])

    private static func webhook(_ body: String, signedAs other: String? = nil) -> Webhook {
        let headers = Brevdue.sign(Array((other ?? body).utf8), with: secret, for: source)
        return Webhook(
            method: "POST", path: "/in/brevdue", query: nil, headers: Headers(headers.map { ($0.name, $0.value) }),
            body: Array(body.utf8), peer: "192.0.2.1", receivedAt: Instant(microseconds: 1_795_516_200_000_000))
    }

    private static func decoding(_ body: String) throws -> Decoding {
        Brevdue.decode(try Brevdue.authenticate(webhook(body), for: source), for: source)
    }

    @Test func aTextIsAnEvent() throws {
        let decoding = try Self.decoding(
            #"{"kind":"text","ref":"b-1001","msisdn":"4790000001","to":"2470","body":"Hei hei","at":"2026-11-01T10:00:00Z","new":1}"#
        )
        let event = try #require(decoding.events.first)
        #expect(event.type == .messageReceived && event.subject == "+4790000001")
        #expect(event.body == .received(Event.Message(content: [.text("Hei hei")])))
        #expect(event.to?.kind == .shortCode)
        #expect(event.occurredAt?.rfc3339 == "2026-11-01T10:00:00.000000Z")
        // What is new is kept, and told.
        #expect(event.extra.map(\.name) == ["kind", "new"])
        #expect(decoding.sightings.map(\.path) == ["$.new"])
    }

    @Test(arguments: [("delivered", Event.Status.State.delivered, true), ("teleported", .unknown, false)])
    func aReceiptIsAStatus(_ word: String, _ state: Event.Status.State, _ isFinal: Bool) throws {
        let decoding = try Self.decoding(
            #"{"kind":"receipt","ref":"b-2001","msisdn":"4790000001","outcome":"\#(word)"}"#)
        guard case .status(let status)? = decoding.events.first?.body else {
            Issue.record("no status")
            return
        }
        #expect(status.state == state && status.isFinal == isFinal && status.providerState == word)
    }

    @Test func whatIsNotUnderstoodIsAFaultAndWhatIsForgedIsRefused() throws {
        #expect(try Self.decoding(#"{"kind":"telegram"}"#).faults.map(\.path) == ["$.kind"])
        #expect(try Self.decoding("[]").faults.map(\.path) == ["$"])
        #expect(throws: Refusal.forged(.mismatch)) {
            try Brevdue.authenticate(Self.webhook("{}", signedAs: "[]"), for: Self.source)
        }
    }
}
