import Foundation
import Model
import Testing
import Wire

@testable import Sinks

/// Goal: what is sent is what CloudEvents and Standard Webhooks say, as their own libraries read them.
@Suite(.timeLimit(.minutes(1)))
struct HTTPRequestTests {
    private static let secrets = [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "not base64, but a key",
    ]
    /// Marks that a header or a URL could be broken by.
    private static let oddSubject = "Blåbær\r\nX: y, \"50 %\" \u{0} \\ \u{1F600}~!"

    @Test func signsAsTheLibraryVerifies() async throws {
        let request = try await sent(Sample.entry(1, text: "Blåbær, \"50 %\"\r\n"), now: Sample.clock) {
            $0.secrets = try Self.secrets.enumerated().map { index, text in
                Secret(name: "\(index + 1)", key: try #require(HTTPSink.signingKey(text)))
            }
        }
        let script = """
            import base64, json, sys
            from standardwebhooks import Webhook
            request = json.load(sys.stdin)
            keys = sys.argv[1:3] + [sys.argv[3].encode()]
            print(json.dumps([Webhook(key).verify(request["body"], request["headers"])["id"] for key in keys]))
            """
        let ids: [String] = try Python.run(script, on: request, Self.secrets)
        let id = Sample.event(1).id.description
        #expect(ids == [id, id, id])
        #expect(request["webhook-signature"]?.split(separator: " ").count == 3)
        #expect(request.count(of: "webhook-signature") == 1)
    }

    @Test func isRefusedByTheLibraryWithAnotherKey() async throws {
        let request = try await sent(Sample.entry(1), now: Sample.clock) {
            $0.secrets = [Secret(name: "1", key: Array("another key".utf8))]
        }
        let script = """
            import json, sys
            from standardwebhooks import Webhook, WebhookVerificationError
            request = json.load(sys.stdin)
            try:
                Webhook(sys.argv[1]).verify(request["body"], request["headers"])
                print('"verified"')
            except WebhookVerificationError as error:
                print(json.dumps(str(error)))
            """
        let verdict: String = try Python.run(script, on: request, Self.secrets)
        #expect(verdict == "No matching signature found")
    }

    /// What the library of CloudEvents reads from a request.
    private struct Read: Decodable, Equatable {
        let attributes: [String: String]
        let data: String
    }

    private static let reading = """
        import json, sys
        from cloudevents.core.bindings.http import HTTPMessage, from_http_event
        request = json.load(sys.stdin)
        event = from_http_event(HTTPMessage(headers=request["headers"], body=request["body"].encode()))
        attributes = {name: str(value) for name, value in event.get_attributes().items()}
        print(json.dumps({"attributes": attributes, "data": json.dumps(event.get_data(), sort_keys=True)}))
        """

    @Test(arguments: [HTTPSink.Settings.Format.structured, .binary])
    func isReadByTheLibrary(_ format: HTTPSink.Settings.Format) async throws {
        let entry = Sample.entry(7, text: "Blåbær, \"50 %\"\r\n", subject: Self.oddSubject)
        let request = try await sent(entry) { $0.format = format }
        let read: Read = try Python.run(Self.reading, on: request)
        #expect(
            read.attributes == [
                "specversion": "1.0", "sequence": "00000000000000000007", "id": entry.event.id.description,
                "source": "/sources/mta", "type": "mogate.message.received", "subject": Self.oddSubject,
                "time": "2026-11-24 10:30:00+00:00", "datacontenttype": "application/json",
                "dataschema": "urn:mogate:inbound-event:1", "provider": "mobile-text-alerts", "channel": "sms",
                "partitionkey": Self.oddSubject,
            ])
        let event = try #require(try JSONSerialization.jsonObject(with: Data(entry.json)) as? NSDictionary)
        let data = try JSONSerialization.jsonObject(with: Data(read.data.utf8)) as? NSDictionary
        #expect(data == event["data"] as? NSDictionary)
    }

    @Test func sendsTheEventItselfInTheStructuredFormat() async throws {
        let entry = Sample.entry(7)
        let request = try await sent(entry) { $0.format = .structured }
        #expect(request.startLine == "POST /in HTTP/1.1")
        #expect(request["content-type"] == "application/cloudevents+json; charset=utf-8")
        #expect(request.body == entry.json)
        #expect(request["webhook-id"] == entry.event.id.description)
        #expect(request["webhook-timestamp"] == "1795516200")
        #expect(request["webhook-signature"] == nil)
        #expect(request["expect"] == nil)
        #expect(request["user-agent"] == "mogate")
    }

    @Test(arguments: [HTTPSink.Settings.Format.structured, .binary])
    func passesTheTraceOn(_ format: HTTPSink.Settings.Format) async throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let event = FrozenEvent(Sample.event(7, traceparent: trace))
        let entry = Entry(sequence: 7, event: event, receivedAt: Sample.receivedAt)
        #expect(try await sent(entry) { $0.format = format }["traceparent"] == trace)
        // A message may say what it likes, and a subject too.
        let sly = #","traceparent":"\#(trace)","data":"#
        let other = Sample.entry(8, text: sly, subject: sly)
        #expect(try await sent(other) { $0.format = format }["traceparent"] == nil)
    }

    @Test func sendsTheDataAloneInTheBinaryFormat() async throws {
        let entry = Sample.entry(7, subject: Self.oddSubject)
        let request = try await sent(entry) { $0.format = .binary }
        #expect(request["content-type"] == "application/json")
        #expect(request["ce-datacontenttype"] == nil)
        #expect(
            request["ce-subject"]
                == "Bl%C3%A5b%C3%A6r%0D%0AX:%20y,%20%22%50%20%25%22%20%00%20\\%20%F0%9F%98%80~!".replacing(
                    "%50", with: "50"))
        #expect(request["x"] == nil)
        let data = try JSON(request.body)
        #expect(data["receivedAt"]?.string == "2026-11-24T10:30:00.000000Z")
        #expect(data["provenance"]?["index"]?.integer == 0)
    }

    @Test func sendsManyAsOneArrayInTheBatchedFormat() async throws {
        let receiver = try Receiver([.status("200 OK")])
        let sink = try HTTPSink.open(to: receiver.url) {
            $0.format = .batched
            $0.batchMax = 50
        }
        #expect(sink.batchMax == 50)
        for batch in [1...3, 1...3, 1...2, 2...2] {
            #expect(await sink.deliver(Sample.entries(batch)).outcomes.allSatisfy { $0 == .taken })
        }
        await sink.close()
        receiver.stop()
        let requests = receiver.requests
        #expect(requests.count == 4)
        let expected = Sample.entries(1...3).map { String(decoding: $0.json, as: UTF8.self) }.joined(separator: ",")
        #expect(String(decoding: requests[0].body, as: UTF8.self) == "[\(expected)]")
        #expect(requests[0]["content-type"] == "application/cloudevents-batch+json; charset=utf-8")
        let ids = requests.map { $0["webhook-id"] }
        #expect(ids[0] == ids[1] && Set(ids).count == 3)
        #expect(ids[0]?.count == 38)
    }

    @Test func splitsABatchThatIsTooLongForOneRequest() async throws {
        let receiver = try Receiver { _, request in
            .status(request.body.count > 700_000 ? "200 OK" : "500 No")
        }
        let sink = try HTTPSink.open(to: receiver.url) { $0.format = .batched }
        let text = String(repeating: "a", count: 400_000)
        let delivered = await sink.deliver((1...5).map { Sample.entry($0, text: text) })
        await sink.close()
        receiver.stop()
        #expect(delivered.reasons == ["taken", "taken", "taken", "taken", "later: status 500"])
        #expect(receiver.requests.count == 3)
    }

    @Test func sendsOneRequestForEachEntryInTheOtherFormats() async throws {
        let refused = Sample.event(2).id.description
        let receiver = try Receiver { _, request in
            .status(request["webhook-id"] == refused ? "400 No" : "200 OK")
        }
        let sink = try HTTPSink.open(to: receiver.url)
        #expect(sink.batchMax == 1)
        #expect(await sink.deliver(Sample.entries(1...3)).reasons == ["taken", "never: status 400", "taken"])
        #expect(await sink.deliver([]).outcomes.isEmpty)
        await sink.close()
        receiver.stop()
        #expect(receiver.requests.count == 3)
    }

    @Test func carriesTheHeadersOfTheConfiguration() async throws {
        let request = try await sent(Sample.entry(1)) {
            $0.headers = [("Authorization", "Bearer abc"), ("X-Empty", ""), ("x-utf8", "Blåbær")]
        }
        #expect(request["authorization"] == "Bearer abc")
        #expect(request["x-empty"] == "")
        #expect(request["x-utf8"] == "Blåbær")
    }

    @Test(arguments: [
        ("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X-A", "a\rb"), ("X-A", "a\0b"), ("X A", "b"), ("", "b"),
        ("X-A:", "b"), ("X\r\nA", "b"), ("Bl\u{e5}", "b"), ("Content-Length", "5"), ("transfer-encoding", "chunked"),
        ("Webhook-Signature", "v1,a"), ("CE-id", "1"), ("content-type", "text/plain"),
    ])
    func refusesHeadersThatWouldBreakARequest(_ name: String, _ value: String) {
        #expect(
            performing: { try HTTPSink.open(to: "http://127.0.0.1:1/") { $0.headers = [(name, value)] } },
            throws: { error in
                guard case .badSetting? = error as? SinkError else { return false }
                return true
            })
    }

    @Test func sendsNoHeaderThatWouldBreakARequest() async throws {
        let receiver = try Receiver([.status("200 OK")])
        let transfer = Transfer(
            to: Transfer.Target(
                address: try HTTPAddress(receiver.url), timeoutMs: 5_000, connectTimeoutMs: 5_000,
                guarding: EgressGuard(named: ["127.0.0.0/8"])),
            on: HTTPSink.loop)
        let broken = Transfer.Header(name: "x-a", value: "a\r\nx-b: b")
        #expect(await transfer.post(Transfer.Request(headers: [broken], body: [])) == .unsendable)
        await transfer.close()
        receiver.stop()
        #expect(receiver.requests.isEmpty)
    }

    @Test(arguments: [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24), ("whsec_AAA=", 2), ("whsec_AAA", 2), ("whsec_", nil),
        ("whsec_no!", nil), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24), ("password", 8), ("a key", 5), ("", nil),
    ])
    func readsKeysInTheirForms(_ configured: String, _ bytes: Int?) {
        #expect(HTTPSink.signingKey(configured)?.count == bytes)
    }

    /// What arrives of one entry that is sent with such settings.
    private func sent(
        _ entry: Entry, now: @escaping @Sendable () -> Instant = { Sample.receivedAt },
        _ change: (inout HTTPSink.Settings) throws -> Void
    ) async throws -> Receiver.Request {
        let receiver = try Receiver([.status("200 OK")])
        var settings = HTTPSink.Settings(url: receiver.url, allowedNetworks: ["127.0.0.0/8"])
        try change(&settings)
        let sink = try HTTPSink(settings, on: HTTPSink.loop, now: now)
        #expect(await sink.outcome(of: entry) == "taken")
        await sink.close()
        receiver.stop()
        return try #require(receiver.requests.first)
    }
}
