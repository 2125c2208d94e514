import FolderKit
import Foundation
import Journal
import Model
import Testing

/// Goal: an event reaches an HTTP endpoint, signed and whole, however often the endpoint fails first.
@Suite(.timeLimit(.minutes(2)))
struct DeliveryTests {
    private static func sink(_ receiver: Receiver, _ more: String = "") -> String {
        """
          - name: crm
            kind: http
            url: "http://127.0.0.1:\(receiver.port)/inbound"
            sign: "env:SINK_SECRET"
            allowNetworks: [127.0.0.0/8]
            retry: {first: 10ms, longest: 50ms, for: 1h}
            \(more)
        """
    }

    private static func deadLetters(of mogate: RunningMogate) async throws -> [DeadLetter] {
        let browser = try SQLiteBrowser(path: mogate.folder.path("mogate.db"))
        let letters = try await browser.deadLetters().letters
        await browser.close()
        return letters
    }

    /// Case 127: the same id, a signature that is good each time.
    @Test func failuresAreTriedAgainUnderTheSameIdUntilTheEventIsTaken() async throws {
        let receiver = try await Receiver(
            secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [500, 500, 200])
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sink(receiver))
        let callback = Callback.telesign("R1")
        let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(answer.status == 200)
        let deliveries = [
            try await receiver.delivery(0), try await receiver.delivery(1), try await receiver.delivery(2),
        ]
        #expect(deliveries.map(\.status) == [500, 500, 200])
        #expect(Set(deliveries.map(\.webhookId)).count == 1)
        #expect(deliveries.allSatisfy { $0.verified && $0.eventId == $0.webhookId })
        #expect(deliveries.allSatisfy { $0.eventType == "mogate.message.received" })
        #expect(deliveries.allSatisfy { $0.contentType.hasPrefix("application/cloudevents+json") })

        // One that is taken is not sent again, not even after a restart.
        let second = Callback.telesign("R2")
        _ = try await mogate.send("POST", "/in/telesign", headers: second.headers, body: second.body)
        #expect(try await receiver.delivery(3).webhookId != deliveries[0].webhookId)
        #expect(mogate.stop() == 0)
        #expect(receiver.deliveryCount == 4)
    }

    @Test func whatTheEndpointWillNeverTakeGoesToTheDeadLettersAtOnce() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [422, 200])
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sink(receiver))
        for id in ["R1", "R2"] {
            let callback = Callback.telesign(id)
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            _ = try await receiver.delivery(id == "R1" ? 0 : 1)
        }
        #expect(mogate.stop() == 0)
        let letters = try await Self.deadLetters(of: mogate)
        #expect(letters.map(\.sink) == ["crm"])
        #expect(letters.map(\.attempts) == [1])
        #expect(letters.first?.entry.event.id.description == (try await receiver.delivery(0)).webhookId)
    }

    /// One that waits for what a sink says of its first event.
    private static func delivering(
        to server: HangingServer, in folder: TemporaryFolder, drain: String
    ) async throws -> RunningMogate {
        let mogate = try await RunningMogate(
            in: folder,
            sinks: """
                  - {name: crm, kind: http, url: "http://127.0.0.1:\(server.port)/", timeout: 5m, allowNetworks: [127.0.0.0/8]}
                """, limits: "limits: {drain: \(drain)}")
        let callback = Callback.telesign("R1")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        try await RunningMogate.eventually { server.hasCaller }
        return mogate
    }

    @Test func aSinkThatHangsDoesNotHoldUpTheEndAndItsEventComesAgain() async throws {
        let folder = try TemporaryFolder()
        let hanging = try HangingServer()
        let mogate = try await Self.delivering(to: hanging, in: folder, drain: "1s")
        #expect(mogate.stop() == 0)

        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let again = try await RunningMogate(in: folder, sinks: Self.sink(receiver))
        #expect(try await receiver.delivery(0).eventType == "mogate.message.received")
        #expect(again.stop() == 0)
    }

    @Test func aRequestThatNeverEndsLeavesTheSinksTheirTimeToStop() async throws {
        let folder = try TemporaryFolder()
        let slow = try HangingServer()
        let mogate = try await Self.delivering(to: slow, in: folder, drain: "6s")
        let half = try mogate.begin("POST /in/telesign HTTP/1.1\r\n")
        // What was sent before this was read before this.
        _ = try await mogate.send("GET", "/")
        mogate.signal(SIGTERM)
        // It is closed when requests have had their time. What the sink then says is still heard.
        #expect(RunningMogate.rest(of: half) == "")
        close(half)
        try slow.answer(afterMs: 100)
        #expect(mogate.exitCode() == 0)

        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let again = try await RunningMogate(in: folder, sinks: Self.sink(receiver))
        let other = Callback.telesign("R2")
        _ = try await again.send("POST", "/in/telesign", headers: other.headers, body: other.body)
        #expect(try await receiver.delivery(0).data.providerMessageId == "R2")
        #expect(again.stop() == 0)
    }

    @Test func aSinkThatCannotBeOpenedKeepsNothingElseFromWorking() async throws {
        let folder = try TemporaryFolder()
        try Data().write(to: folder.url.appending(path: "taken"))
        let mogate = try await RunningMogate(
            in: folder,
            sinks: #"""
                  - {name: nowhere, kind: file, path: "$DIR/taken/events.ndjson"}
                  - {name: archive, kind: file, path: "$DIR/events.ndjson"}
                """#)
        let told = try await mogate.logLine { $0["message"] == "sink cannot be opened, its events wait" }
        #expect(told["sink"] == "nowhere")
        let callback = Callback.telesign("R1")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 1 }
        let metrics = try await mogate.send("GET", "/metrics", toAdmin: true).body
        #expect(metrics.contains(#"mogate_sink_unopened{sink="nowhere"} 1"#))
        // It is heard of like one that is down, and what waits for it is told.
        #expect(metrics.contains(#"mogate_sink_down{sink="nowhere"} 1"#))
        #expect(metrics.contains(#"mogate_sink_lag_events{sink="nowhere"} 1"#))

        // Nor does it keep a new configuration from being taken over; one whose sink cannot be opened is not.
        let path = mogate.folder.path("mogate.yaml")
        let old = try String(contentsOfFile: path, encoding: .utf8)
        try old.replacing("/events.ndjson", with: "/taken/events.ndjson").write(
            toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["message"]?.contains("not reloaded") == true }
        let stillThere = Callback.telesign("R2")
        _ = try await mogate.send("POST", "/in/telesign", headers: stillThere.headers, body: stillThere.body)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 2 }
        let other = old.replacing("{name: archive", with: "{name: second").replacing(
            "\(folder.url.path)/events.ndjson", with: folder.path("second.ndjson"))
        try other.write(toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["message"] == "configuration reloaded" }

        try FileManager.default.removeItem(at: folder.url.appending(path: "taken"))
        _ = try await mogate.logLine { $0["message"] == "sink is back" && $0["sink"] == "nowhere" }
        try await RunningMogate.eventually { mogate.lines(of: "taken/events.ndjson").count == 2 }
        #expect(mogate.stop() == 0)
    }

    /// Case 126: one that fails does not delay the others.
    @Test func eachSinkHasItsOwnFilterAndItsOwnPace() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [503])
        let sinks =
            Self.sink(receiver, "where: {type: mogate.consent.changed}") + """

                  - {name: archive, kind: file, path: "$DIR/events.ndjson"}
                  - {name: consents, kind: file, path: "$DIR/consents.ndjson", where: {type: mogate.consent.changed}}
                """
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: sinks)
        let stop = Callback.signed(
            #"{"reference_id":"R1","user_response":{"sender_id":"4442","action":"stop","keyword":"stop","#
                + #""phone_number":"11234567890","mo_message":"Stop"},"sub_resource":"mo_sms","errors":[],"#
                + #""submit_timestamp":"2023-10-31T14:47:10.154000Z"}"#)
        for callback in [Callback.telesign("R2"), stop, Callback.telesign("R3")] {
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        }
        #expect(try await receiver.delivery(1).eventType == "mogate.consent.changed")
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 4 }
        try await RunningMogate.eventually { mogate.lines(of: "consents.ndjson").count == 1 }
        #expect(mogate.stop() == 0)
    }
}
