import FolderKit
import Foundation
import NATSKit
import Testing

/// Goal: no sink that cannot be started is given up, nor does it keep callbacks from being taken in or the process from ending.
///
/// Method: the real binary over a real nats-server, which is killed or withholds what it is asked for; and on a file system
/// that hangs, which strace plays: it holds the calls that name a path, and lets them go as it ends.
@Suite(.timeLimit(.minutes(2)))
struct SinkStartTests {
    private static func sink(_ receiver: Receiver) -> String {
        """
          - {name: crm, kind: http, url: "http://127.0.0.1:\(receiver.port)/", sign: "env:SINK_SECRET",
             allowNetworks: [127.0.0.0/8], timeout: 10s, retry: {first: 10ms, longest: 20ms, for: 1h}}
        """
    }

    private static let isUnopened = { @Sendable (line: [String: String]) in
        line["message"] == "sink cannot be opened, its events wait"
    }

    private static func journal(_ server: NATSServer) -> String {
        #"kind: nats, servers: ["\#(server.url)"], replicas: 1, turn: 1s, within: 500ms"#
    }

    private static func post(_ id: String, to mogate: RunningMogate) async throws -> Int {
        let callback = Callback.telesign(id)
        return try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body).status
    }

    @Test func aSinkThatTheLogSaysNothingOfIsTriedAgainBehindOpenDoors() async throws {
        let server = try await NATSServer("max_payload: 4MB\n" + NATSServer.withholdsMessages)
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: Self.sink(receiver), log: Self.journal(server))
        let told = try await mogate.logLine(where: Self.isUnopened)
        #expect(told["sink"] == "crm" && told["problem"] == "the journal: busy")
        #expect(try await Self.post("R1", to: mogate) == 200)
        #expect(mogate.stop() == 0)
    }

    @Test func aReloadDuringAnOutageOfTheLogLeavesTheSinkAsItWas() async throws {
        let server = try await NATSServer("max_payload: 4MB")
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: Self.sink(receiver), log: Self.journal(server))
        #expect(try await Self.post("R1", to: mogate) == 200)
        _ = try await receiver.delivery(0)
        await server.kill()
        let path = mogate.folder.path("mogate.yaml")
        try String(contentsOfFile: path, encoding: .utf8).replacing("timeout: 10s", with: "timeout: 9s")
            .write(toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["message"]?.contains("not reloaded") == true }

        try await server.start()
        try await RunningMogate.eventually { try await Self.post("R2", to: mogate) == 200 }
        // That the first was delivered may not have been recorded yet: then it comes again before.
        var number = 1
        while try await receiver.delivery(number).data.providerMessageId != "R2" { number += 1 }
        #expect(mogate.stop() == 0)
    }

    // MARK: File systems that hang

    private static let files = #"""
          - {name: away, kind: file, path: "$DIR/away/events.ndjson"}
          - {name: archive, kind: file, path: "$DIR/events.ndjson"}
        """#

    /// A tracer in whose sight a call that names the path does not return for so long.
    private static func hanging(_ call: String, at path: String, seconds: Int = 60) -> [String] {
        [
            "strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=\(call)", "-e",
            "inject=\(call):delay_enter=\(seconds)s",
        ]
    }

    private static func status(_ field: String, of pid: Int32) throws -> String {
        let lines = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix(field + ":") })
        return line.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces)
    }

    /// The tracer in front of a process. What it holds it does not even let go of when the process ends, as a file system
    /// that can be interrupted does: so its own end has to come before that can be waited for.
    private static func tracer(of pid: Int32) throws -> Int32 {
        try #require(Int32(try status("TracerPid", of: pid)))
    }

    @Test func aSinkWhoseFileSystemHangsKeepsNothingElseFromWorking() async throws {
        let folder = try TemporaryFolder()
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.files, tracer: Self.hanging("mkdir", at: folder.path("away/")))
        let told = try await mogate.logLine(where: Self.isUnopened)
        #expect(told["sink"] == "away" && told["problem"]?.contains("does not answer") == true)
        #expect(try await Self.post("R1", to: mogate) == 200)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 1 }
        let metrics = try await mogate.send("GET", "/metrics", toAdmin: true).body
        #expect(metrics.contains(#"mogate_sink_unopened{sink="away"} 1"#))

        kill(try Self.tracer(of: mogate.pid), SIGKILL)
        _ = try await mogate.logLine { $0["message"] == "sink is back" && $0["sink"] == "away" }
        try await RunningMogate.eventually { mogate.lines(of: "away/events.ndjson").count == 1 }
        #expect(mogate.stop() == 0)
    }

    @Test func aSinkWhoseFileSystemHangsDoesNotHoldUpTheEnd() async throws {
        let folder = try TemporaryFolder()
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.files, tracer: Self.hanging("mkdir", at: folder.path("away/")))
        _ = try await mogate.logLine(where: Self.isUnopened)
        let tracer = try Self.tracer(of: mogate.pid)
        mogate.signal(SIGTERM)
        try await RunningMogate.eventually { try Self.status("State", of: mogate.pid).hasPrefix("Z") }
        kill(tracer, SIGKILL)
        #expect(mogate.exitCode() == 0)
    }

    @Test func aStartThatHangsEndsForWhoAsksTwice() async throws {
        let folder = try TemporaryFolder()
        let configuration = """
            listen: [{address: "127.0.0.1:0"}]
            journal: {path: "\(folder.path("mogate.db"))"}
            sources: [{name: shop, provider: telesign, auth: none}]
            sinks: []
            """
        try Data(configuration.utf8).write(to: folder.url.appending(path: "mogate.yaml"))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            Self.hanging("openat", at: folder.path("mogate.db.lock"), seconds: 3_600) + [
                RunningMogate.binary.path, "serve", "--config", folder.path("mogate.yaml"), "--allow-root",
            ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        let pid = process.processIdentifier
        var tracer: Int32 = 0
        defer {
            kill(pid, SIGKILL)
            if tracer > 0 { kill(tracer, SIGKILL) }
        }
        try await RunningMogate.eventually {
            tracer = try Self.tracer(of: pid)
            return tracer > 0
        }
        // From when it is mogate that would be told, and not what starts it.
        try await RunningMogate.eventually {
            let caught = UInt64(try Self.status("SigCgt", of: pid), radix: 16) ?? 0
            return try Self.status("Name", of: pid) == "mogate" && caught & (1 << UInt64(SIGTERM - 1)) != 0
        }
        try await RunningMogate.eventually {
            kill(pid, SIGTERM)
            return try Self.status("State", of: pid).hasPrefix("Z")
        }
        kill(tracer, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 70)
    }
}
