import FolderKit
import Foundation
import NATSKit
import Testing

/// Goal: over a log the commands do what they do over a file, from any machine; and a node that spills loses nothing to a
/// log that is away, nor to its own end meanwhile.
///
/// Method: the real binary over a real nats-server, which is killed and started again.
@Suite(.timeLimit(.minutes(2)))
struct SharedLogTests {
    private static func journal(_ server: NATSServer, _ more: String = "") -> String {
        #"kind: nats, servers: ["\#(server.url)"], replicas: 1, turn: 1s\#(more)"#
    }

    private static func sink(_ receiver: Receiver) -> String {
        """
          - {name: crm, kind: http, url: "http://127.0.0.1:\(receiver.port)/", sign: "env:SINK_SECRET", order: subject,
             allowNetworks: [127.0.0.0/8], retry: {first: 10ms, longest: 20ms, for: 1h}}
        """
    }

    private static func post(_ id: String, to mogate: RunningMogate) async throws {
        let callback = Callback.telesign(id)
        #expect(
            try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body).status == 200)
    }

    @Test func theCommandsWorkOverALog() async throws {
        let server = try await NATSServer("max_payload: 4MB")
        let receiver = try await Receiver(
            secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [404, 200, 200, 410, 200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: Self.sink(receiver), log: Self.journal(server))
        func run(_ arguments: String...) throws -> MogateCommand {
            try MogateCommand(arguments + ["--config", mogate.folder.path("mogate.yaml")])
        }
        try await Self.post("L1", to: mogate)
        _ = try await receiver.delivery(0)
        try await Self.post("L2", to: mogate)
        _ = try await receiver.delivery(1)
        let broken = Callback.signed(#"{"phone_number":"11234567890","reference_id":"#)
        #expect(
            try await mogate.send("POST", "/in/telesign", headers: broken.headers, body: broken.body).status == 200)

        let listed = try run("events", "--json")
        #expect(listed.lines.count == 2 && listed.status == 0, "\(listed.complaints)")
        #expect(try run("events", "--subject", "+11234567890").lines.count == 3)
        try await RunningMogate.eventually { try run("dead-letters").output.contains("404") }
        #expect(try run("quarantine").output.contains("not JSON"))
        #expect(try run("quarantine", "3").output.contains("11234567890"))
        #expect(try run("redecode", "--quarantined").complaints.contains("1 requests"))
        let story = try run("trace", "L1")
        #expect(story.output.contains("received, by telesign") && story.output.contains("crm: given up"), "\(story)")
        #expect(try run("sinks").output.contains("works"))
        let page = try await mogate.send("GET", "/api/v1/events", toAdmin: true)
        #expect(page.status == 200 && page.body.contains("+11234567890"))
        #expect(try await mogate.send("POST", "/api/v1/replay", body: Data("{}".utf8), toAdmin: true).status == 501)
        #expect(try await mogate.send("GET", "/metrics", toAdmin: true).body.contains("mogate_quarantine_items 1\n"))

        // From another process than the one that serves the sink.
        let dead = try await receiver.delivery(0).webhookId
        #expect(try run("replay", "--dead-letters").lines == ["crm: 1 events are sent again, numbers 1 to 1"])
        #expect(try await receiver.delivery(2).webhookId == dead)
        try await RunningMogate.eventually { try !run("dead-letters").output.contains("404") }
        try await Self.post("L3", to: mogate)
        _ = try await receiver.delivery(3)
        try await RunningMogate.eventually { try run("sinks").output.contains("stopped") }
        #expect(try run("sinks", "resume", "crm").output == "crm is sent to again\n")
        _ = try await receiver.delivery(4)

        let erased = try run("erase", "--subject", "+11234567890")
        #expect(
            erased.output == "3 events, 4 requests and 1 items of quarantine erased\n", "\(erased.complaints)")
        #expect(try run("events").lines.count == 1)
        #expect(try run("trace", "L2").status == 65)
        for refused in [try run("backup", "--to", "/nowhere"), try run("verify"), try run("page")] {
            #expect(refused.status == 69 && refused.complaints.contains("NATS stream"), "\(refused)")
        }
        let drift = try run("drift")
        #expect(drift.status == 69 && drift.complaints.contains("mogate_drift_total"))
        #expect(mogate.stop() == 0)
    }

    /// Whatever token the operator chose for all nodes lets the page do what the commands do.
    @Test func thePageActsOnALogByTheTokenThatTheConfigurationNames() async throws {
        let server = try await NATSServer("max_payload: 4MB")
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [404, 200])
        let sinks = Self.sink(receiver).replacing("name: crm", with: "name: service")
        let barred = try await RunningMogate(in: TemporaryFolder(), sinks: sinks, log: Self.journal(server))
        try await Self.post("L1", to: barred)
        let dead = try await receiver.delivery(0).webhookId
        try await RunningMogate.eventually {
            try await barred.send("GET", "/api/v1/dead-letters", toAdmin: true).body.contains("404")
        }
        let body = Data(#"{"sink":"service","deadLetters":true}"#.utf8)
        #expect(try await barred.send("POST", "/api/v1/replay", body: body, toAdmin: true).status == 501)
        try await Self.page("http://127.0.0.1:\(barred.adminPort)", "barred")
        #expect(barred.stop() == 0)

        let token = String(repeating: "0123456789abcdef", count: 4)
        let acting = try await RunningMogate(
            in: TemporaryFolder(), sinks: sinks, log: Self.journal(server),
            secrets: RunningMogate.secrets.merging(["PAGE": token, "MOGATE_ADMIN_TOKEN": "env:PAGE"]) { $1 })
        #expect(try await acting.send("POST", "/api/v1/replay", body: body, toAdmin: true).status == 401)
        try await Self.page("http://127.0.0.1:\(acting.adminPort)/#token=\(token)", "replay-log")
        let again = try await receiver.delivery(1)
        #expect(again.status == 200 && again.webhookId == dead)

        let broken = Callback.signed(#"{"phone_number":"11234567890","reference_id":"#)
        _ = try await acting.send("POST", "/in/telesign", headers: broken.headers, body: broken.body)
        let erased = try await acting.send(
            "POST", "/api/v1/erase", headers: [("Authorization", "Bearer \(token)")],
            body: Data(#"{"subject":"+11234567890"}"#.utf8), toAdmin: true)
        #expect(erased.status == 200 && erased.body.contains(#""events":1"#), "\(erased.body)")
        #expect(try await acting.send("GET", "/api/v1/events", toAdmin: true).body.contains(#""events":[]"#))
        #expect(acting.stop() == 0)
        #expect(!acting.logText.contains(token))
    }

    /// A person at the page, who has something done.
    private static func page(_ address: String, _ errand: String) async throws {
        let process = try Python.process("page-actions.py", [address, errand])
        try process.run()
        try await RunningMogate.eventually { !process.isRunning }
        #expect(process.terminationStatus == 0, "\(errand)")
    }

    /// Where a server tells about itself, as it wrote it down.
    private static func monitor(of server: NATSServer) throws -> String? {
        let files = try FileManager.default.contentsOfDirectory(atPath: server.folder.path)
        guard let ports = files.first(where: { $0.hasSuffix(".ports") }) else { return nil }
        let text = try String(contentsOf: server.folder.appending(path: ports), encoding: .utf8)
        return text.firstMatch(of: /"monitoring":\s*\[\s*"(http:[^"]+)"/).map { String($0.output.1) }
    }

    @Test func serversAreAskedHowTheySync() async throws {
        // Whatever version it is: it is too old to sync, or was not told to.
        let server = try await NATSServer("max_payload: 4MB\nhttp: \"127.0.0.1:-1\"\nports_file_dir: \"$DIR\"")
        // Written when the server answers already.
        try await RunningMogate.eventually { try Self.monitor(of: server) != nil }
        let monitor = try #require(try Self.monitor(of: server))
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: Self.sink(receiver),
            log: Self.journal(server, ", monitors: [\"\(monitor)\", \"http://127.0.0.1:1\"]"))
        _ = try await mogate.logLine { $0["reason"]?.contains("loses what was answered") ?? false }
        let checkup = try MogateCommand(["doctor", "--config", mogate.folder.path("mogate.yaml"), "--json"])
        let failed = checkup.lines.filter { $0.contains("log's disks") && $0.contains("\"fail\"") }
        #expect(failed.count == 1 && failed[0].contains("loses what was answered"), "\(checkup.output)")
        #expect(checkup.output.contains("http://127.0.0.1:1 does not answer"))
        #expect(checkup.status == 69)
        #expect(mogate.stop() == 0)
    }

    @Test func aNodeThatSpillsLosesNothingToALogThatIsAwayNorToItsOwnEnd() async throws {
        let server = try await NATSServer("max_payload: 4MB")
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let folder = try TemporaryFolder()
        let journal = Self.journal(
            server, ", within: 300ms, whenUnreachable: spill, path: \"\(folder.path("spill.db"))\", reserve: 1MiB")
        let sinks = Self.sink(receiver)
        let first = try await RunningMogate(in: folder, sinks: sinks, log: journal)
        try await Self.post("S1", to: first)
        _ = try await receiver.delivery(0)
        await server.kill()
        for number in 2...9 { try await Self.post("S\(number)", to: first) }
        let ready = try await first.send("GET", "/readyz", toAdmin: true)
        #expect(ready.status == 200 && ready.body.contains("8 wait"), "\(ready.body)")
        let metrics = try await first.send("GET", "/metrics", toAdmin: true).body
        #expect(metrics.contains("mogate_spill_active 1\n") && metrics.contains("mogate_spill_waiting_requests 8\n"))
        first.killAtOnce()

        let second = try await RunningMogate(in: folder, sinks: sinks, log: journal)
        for number in 10...12 { try await Self.post("S\(number)", to: second) }
        let checkup = try MogateCommand(["doctor", "--config", folder.path("mogate.yaml")])
        #expect(checkup.output.contains("11 requests wait"), "\(checkup.output)")
        try await server.start()
        _ = try await second.logLine { $0["message"]?.hasPrefix("the log is used again") ?? false }
        // What was on its way when the log went is in doubt, and may come again. All are of one subject, and so in their order.
        var names: [String] = []
        var number = 0
        while names.last != "S12" {
            let name = try #require(try await receiver.delivery(number).data.providerMessageId)
            if !names.contains(name) { names.append(name) }
            number += 1
        }
        #expect(names == (1...12).map { "S\($0)" })
        #expect(try await second.send("GET", "/readyz", toAdmin: true).body == "ready\n")
        #expect(try await second.send("GET", "/metrics", toAdmin: true).body.contains("mogate_spill_moved_total 11\n"))
        #expect(second.stop() == 0)
    }
}
