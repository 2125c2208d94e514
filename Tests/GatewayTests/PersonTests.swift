import FolderKit
import Foundation
import Journal
import Model
import Testing
import Threads

@testable import Gateway

/// Goal: everything that happened to a person's messages can be told, and all of it can be taken away for good.
@Suite(.timeLimit(.minutes(2)))
struct PersonTests {
    private static func message(_ id: String, from phone: String, _ text: String) -> (
        headers: [(String, String)], body: Data
    ) {
        Callback.signed(
            #"{"reference_id":"\#(id)","user_response":{"sender_id":"4442","phone_number":"\#(phone)","#
                + #""mo_message":"\#(text)"},"sub_resource":"mo_sms","errors":[],"#
                + #""submit_timestamp":"2023-10-31T14:47:10.154000Z"}"#)
    }

    /// Whether the bytes are anywhere in the journal's files.
    private static func holds(_ text: String, _ mogate: RunningMogate) -> Bool {
        ["mogate.db", "mogate.db-wal"].contains { name in
            guard let data = FileManager.default.contents(atPath: mogate.folder.path(name)) else { return false }
            return data.range(of: Data(text.utf8)) != nil
        }
    }

    @Test func tracesAMessageByWhateverIsKnownOfItAndErasesThePerson() async throws {
        let receiver = try await Receiver(
            secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [500, 200, 404, 200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(),
            sinks: """
                  - name: crm
                    kind: http
                    url: "http://127.0.0.1:\(receiver.port)/"
                    sign: "env:SINK_SECRET"
                    allowNetworks: [127.0.0.0/8]
                    concurrency: 1
                    retry: {first: 10ms, longest: 20ms, for: 1h}
                  - {name: archive, kind: file, path: "$DIR/events.ndjson"}
                """)
        let broken = Callback.signed(#"{"phone_number":"15555550123","reference_id":"#)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        // How many deliveries there are in all once each has come to its end; and a trace each, of which the second is none.
        for (callback, deliveries, traceparent) in [
            (Self.message("VENDOR-1", from: "15555550123", "first of theirs"), 2, trace),
            (Self.message("VENDOR-2", from: "15555550123", "second of theirs"), 3, "00-abc"),
            (Self.message("VENDOR-3", from: "15555550199", "somebody else"), 4, nil), (broken, 4, nil),
        ] {
            let answer = try await mogate.send(
                "POST", "/in/telesign", headers: callback.headers + (traceparent.map { [("traceparent", $0)] } ?? []),
                body: callback.body)
            #expect(answer.status == 200)
            try await RunningMogate.eventually { receiver.deliveryCount >= deliveries }
        }
        func run(_ arguments: String...) throws -> MogateCommand {
            try MogateCommand(arguments + ["--config", mogate.folder.path("mogate.yaml")])
        }
        try await RunningMogate.eventually { try run("trace", "VENDOR-3").output.contains("archive: taken") }
        try await RunningMogate.eventually { try run("trace", "VENDOR-3").output.contains("crm: taken") }

        let byPhone = try run("trace", "+15555550123", "--json")
        #expect(byPhone.lines.count == 3, "\(byPhone.output)")
        let first = try #require(
            JSONSerialization.jsonObject(with: Data(byPhone.lines[0].utf8)) as? [String: Any])
        let requestId = try #require(first["requestId"] as? String)
        let eventId = try #require(first["id"] as? String)
        for known in [eventId, requestId, "VENDOR-1"] {
            let story = try run("trace", known).output
            #expect(story.contains(eventId) && story.contains("received, by telesign"), "\(story)")
            #expect(story.contains("crm: failed, try 1: status 500") && story.contains("crm: taken, at try 2"))
        }
        #expect(first["traceparent"] as? String == trace)
        #expect(try run("trace", "VENDOR-1").output.contains("\n  traceparent \(trace)\n"))
        #expect(try run("trace", "VENDOR-2").output.contains("\n  traceparent 00-abc\n"))
        #expect(try !run("trace", "VENDOR-3").output.contains("traceparent"))
        #expect(try run("trace", "VENDOR-2").output.contains("crm: given up, try 1: status 404"))
        #expect(try run("trace", "nobody").status == 65)

        #expect(Self.holds("5555550123", mogate))
        let erased = try run("erase", "--subject", "+15555550123")
        #expect(erased.output == "2 events, 3 requests and 1 items of quarantine erased\n", "\(erased.complaints)")
        #expect(erased.complaints.contains("what archive wrote to its file is not touched"))
        for text in ["5555550123", "of theirs", "VENDOR-1", "VENDOR-2"] {
            #expect(!Self.holds(text, mogate), "`\(text)` is still there")
        }
        #expect(Self.holds("somebody else", mogate))
        #expect(try run("trace", "+15555550123").status == 65)
        #expect(try run("dead-letters", "--json").output.isEmpty)
        #expect(try run("trace", "VENDOR-3").status == 0)
        #expect(mogate.stop() == 0)
        #expect(try run("verify").status == 0)
        #expect(try run("erase", "--subject", "+15555550199").output.hasPrefix("1 events, 1 requests"))
        #expect(!Self.holds("somebody else", mogate))
    }

    @Test func sinksAreToldOfEventsThatWereErasedAndOfNothingElse() async throws {
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
        for callback in [
            Self.message("VENDOR-1", from: "15555550123", "theirs"),
            Callback.signed(#"{"phone_number":"15555550123","reference_id":"#),
        ] {
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        }
        #expect(mogate.stop() == 0)
        let path = mogate.folder.path("mogate.db")
        let settings = try SettingsText.read(
            String(contentsOfFile: mogate.folder.path("mogate.yaml"), encoding: .utf8), RunningMogate.secrets)
        let told = Lock<[Set<Int64>]>([])
        let context = ActionContext(
            journal: try SQLiteJournal.open(at: path, now: Time.system.now), browser: try SQLiteBrowser(path: path),
            time: .system, configuration: { ActionContext.Configuration(settings) },
            tell: { word in
                if case .forget(let events) = word.what { told.withLock { $0.append(events) } }
            })
        let outcome = try await context.perform(EraseAction(subject: "+15555550123"))
        await context.close()
        #expect(outcome.events == 1 && outcome.faults == 1)
        #expect(told.withLock { $0 } == [[1]])
    }
}
