import Casebook
import FolderKit
import Foundation
import Model
import Testing

@testable import Gateway

/// Goal: the operator's page shows what there is, hides what was written, and can be used by anyone with any device.
///
/// Method: real Chromium at a running mogate; `PAGE_PICTURES=folder` keeps what it saw, for a person to look at.
@Suite(.timeLimit(.minutes(3)))
struct PageTests {
    private struct Look: Decodable {
        let name: String
        let problems: [String]
    }

    private static func started() async throws -> RunningMogate {
        try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
    }

    @Test func aPersonFindsTheirWay() async throws {
        let mogate = try await Self.started()
        for callback in [Callback.telesign("R1"), Callback.signed(#"{"reference_id": "R9", "#)] {
            let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            #expect(answer.status == 200)
        }
        let pictures = ProcessInfo.processInfo.environment["PAGE_PICTURES"]
        let process = try Python.process(
            "page.py", ["http://127.0.0.1:\(mogate.adminPort)"] + [pictures].compactMap { $0 })
        let output = Pipe()
        process.standardOutput = output
        let lines = LineReader(output.fileHandleForReading)
        try process.run()
        #expect(try await lines.line(0) == "open")
        let second = Callback.telesign("R2")
        _ = try await mogate.send("POST", "/in/telesign", headers: second.headers, body: second.body)
        for number in 1...8 {
            let look = try JSONDecoder().decode(Look.self, from: Data(try await lines.line(number).utf8))
            #expect(look.problems.isEmpty, "\(look.name)")
        }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(mogate.stop() == 0)
    }

    @Test func whatIsUnderstoodNowIsAddedByWhoeverHoldsTheToken() async throws {
        let mogate = try await Self.started()
        let path = mogate.folder.path("mogate.yaml")
        let configuration = try String(contentsOfFile: path, encoding: .utf8)
        // A message from a number to a number could be either way, until the source says which.
        let cases = try Case.all(in: Repository.root.appending(path: "Fixtures").path)
        let fixture = try #require(cases.first { $0.description.hasSuffix("/configured-event-settles") })
        let callback = fixture.signed(fixture.freshBody(seed: ""), for: fixture.commonSource)
        let answer = try await mogate.send(
            "POST", callback.path, headers: callback.headers.map { ($0.name, $0.value) }, body: Data(callback.body))
        #expect(answer.status == 200)
        try configuration.replacing("name: mta,", with: "name: mta, event: message-reply,")
            .write(toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["message"] == "configuration reloaded" }
        let ticket = try #require(AdminTicket(ofJournal: mogate.folder.path("mogate.db")))
        let process = try Python.process("page-actions.py", ["\(ticket.url)/#token=\(ticket.token)", "redecode"])
        try process.run()
        try await RunningMogate.eventually { !process.isRunning }
        #expect(process.terminationStatus == 0)
        #expect(mogate.lines(of: "events.ndjson").count == 1)
        #expect(mogate.stop() == 0)
    }

    @Test func aDeadLetterIsSentAgain() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [404, 200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(),
            sinks: """
                  - {name: service, kind: http, url: "http://127.0.0.1:\(receiver.port)/", sign: "env:SINK_SECRET",
                     allowNetworks: [127.0.0.0/8]}
                """)
        let callback = Callback.telesign("R1")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        let refused = try await receiver.delivery(0)
        let ticket = try #require(AdminTicket(ofJournal: mogate.folder.path("mogate.db")))
        let process = try Python.process("page-actions.py", ["\(ticket.url)/#token=\(ticket.token)", "replay"])
        try process.run()
        let taken = try await receiver.delivery(1)
        #expect(taken.status == 200 && taken.webhookId == refused.webhookId)
        try await RunningMogate.eventually { !process.isRunning }
        #expect(process.terminationStatus == 0)
        #expect(mogate.stop() == 0)
    }

    @Test func anActionFromAnothersPageIsRefusedEvenWithTheToken() async throws {
        let mogate = try await Self.started()
        let ticket = try #require(AdminTicket(ofJournal: mogate.folder.path("mogate.db")))
        let bearer = ("Authorization", "Bearer \(ticket.token)")
        let own = "http://127.0.0.1:\(mogate.adminPort)"
        for (origin, status) in [
            ("http://rebound.example", 403), ("null", 403), ("http://127.0.0.1:1", 403), (own, 200),
        ] {
            let answer = try await mogate.send(
                "POST", "/api/v1/redecode", headers: [bearer, ("Origin", origin)], body: Data(#"{"requests":[]}"#.utf8),
                toAdmin: true)
            #expect(answer.status == status, "\(origin)")
        }
    }

    @Test func isNotServedUnderAnothersName() async throws {
        let mogate = try await Self.started()
        for (host, status) in [
            ("127.0.0.1:1", 200), ("localhost", 200), ("[::1]:8081", 200), ("rebound.example", 403),
            ("127.0.0.1.rebound.example", 403), ("localhost.rebound.example:8081", 403),
        ] {
            for path in ["/", "/page/page.js", "/api/v1/status"] {
                let answer = try await mogate.send("GET", path, headers: [("Host", host)], toAdmin: true)
                #expect(answer.status == status, "\(host)")
            }
            // What machines ask goes by any name.
            #expect(try await mogate.send("GET", "/metrics", headers: [("Host", host)], toAdmin: true).status == 200)
        }
    }

    @Test func itsDocumentsAreWhatTheySayTheyAre() async throws {
        let mogate = try await Self.started()
        let folder = try TemporaryFolder()
        for name in ["inbound-event-1.json", "asyncapi-1.json"] {
            let answer = try await mogate.send("GET", "/schemas/\(name)", toAdmin: true)
            #expect(answer.status == 200)
            try Data(answer.body.utf8).write(to: folder.url.appending(path: name))
        }
        let process = try Python.process(
            "validate-documents.py", [folder.path("inbound-event-1.json"), folder.path("asyncapi-1.json")])
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func saysThatNothingFromElsewhereMayRunInIt() async throws {
        let mogate = try await Self.started()
        for path in ["/", "/page/events.js", "/api/v1/status", "/api/v1/nothing"] {
            let answer = try await mogate.send("GET", path, toAdmin: true)
            #expect(
                answer.headers["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self';") == true)
            #expect(answer.headers["x-content-type-options"] == "nosniff")
        }
    }
}
