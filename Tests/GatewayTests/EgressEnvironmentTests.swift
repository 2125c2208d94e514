import FolderKit
import Foundation
import Testing

/// Goal: nothing but the configuration decides where events go and whom they are trusted to (case 133).
@Suite(.timeLimit(.minutes(2)))
struct EgressEnvironmentTests {
    private static func started(
        in folder: TemporaryFolder, url: String, environment: [String]
    ) async throws -> RunningMogate {
        let sinks = """
              - name: crm
                kind: http
                url: "\(url)"
                sign: "env:SINK_SECRET"
                allowNetworks: [127.0.0.0/8]
                retry: {first: 10ms, longest: 50ms, for: 1h}
            """
        let mogate = try await RunningMogate(in: folder, sinks: sinks, tracer: environment)
        let callback = Callback.telesign("R1")
        let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(answer.status == 200)
        return mogate
    }

    @Test func neitherProxiesNorPasswordsComeFromOutside() async throws {
        let folder = try TemporaryFolder()
        try Data("machine 127.0.0.1 login someone password secret\ndefault login someone password secret\n".utf8)
            .write(to: folder.url.appending(path: ".netrc"))
        let proxy = try HangingServer()
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let variables = Self.variables(for: proxy).map { "\($0)=\($1)" }
        let mogate = try await Self.started(
            in: folder, url: "http://127.0.0.1:\(receiver.port)/inbound",
            environment: ["env"] + variables
                + ["HOME=\(folder.url.path)", "NETRC=\(folder.path(".netrc"))"])
        let delivery = try await receiver.delivery(0)
        #expect(delivery.status == 200 && delivery.verified)
        #expect(delivery.authorization == nil)
        #expect(!proxy.hasCaller)
        #expect(mogate.stop() == 0)
    }

    /// What a command asks, with the token of a server or the number of a person, is for whom it asks alone.
    @Test func commandsAskNoProxyEither() async throws {
        let folder = try TemporaryFolder()
        let mogate = try await RunningMogate(
            in: folder, sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
        let served = "http://127.0.0.1:\(mogate.port)"
        let log = """
            listen: [{address: "127.0.0.1:0"}]
            journal: {kind: nats, servers: ["nats://127.0.0.1:1"], monitors: ["\(served)"]}
            sources: [{name: shop, provider: telesign, auth: none}]
            sinks: []
            """
        try Data(log.utf8).write(to: folder.url.appending(path: "log.yaml"))
        let fixtures = Repository.root.appending(path: "Fixtures").path
        for (arguments, status) in [
            (["erase", "--subject", "+15555550123", "--config", folder.path("mogate.yaml")], 0),
            (["simulate", "--url", served, "--fixtures", fixtures, "--only", "telesign/sms"], 0),
            (["doctor", "--config", folder.path("log.yaml")], 69),
        ] {
            let proxy = try HangingServer()
            let command = Process()
            command.executableURL = RunningMogate.binary
            command.arguments = arguments
            command.environment = ProcessInfo.processInfo.environment.merging(RunningMogate.secrets) { $1 }
                .merging(Self.variables(for: proxy)) { $1 }
            command.standardOutput = FileHandle.nullDevice
            command.standardError = FileHandle.nullDevice
            try command.run()
            try await RunningMogate.eventually { proxy.hasCaller || !command.isRunning }
            #expect(!proxy.hasCaller, "\(arguments[0])")
            if proxy.hasCaller { kill(command.processIdentifier, SIGKILL) }
            command.waitUntilExit()
            #expect(command.terminationStatus == status, "\(arguments[0])")
        }
        #expect(mogate.stop() == 0)
    }

    private static func variables(for proxy: HangingServer) -> [String: String] {
        let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        return Dictionary(uniqueKeysWithValues: names.map { ($0, "http://127.0.0.1:\(proxy.port)") })
            .merging(["no_proxy": "", "NO_PROXY": ""]) { $1 }
    }

    @Test func whoIsTrustedIsNotForTheEnvironmentToSay() async throws {
        let folder = try TemporaryFolder()
        let server = try SelfSignedServer(in: folder)
        let mogate = try await Self.started(
            in: folder, url: "https://localhost:\(server.port)/inbound",
            environment: [
                "env", "SSL_CERT_FILE=\(folder.path("certificate.pem"))", "SSL_CERT_DIR=\(folder.url.path)",
                "CURL_CA_BUNDLE=\(folder.path("certificate.pem"))",
            ])
        let failure = try await mogate.logLine { $0["message"]?.hasPrefix("delivery failed") == true }
        #expect(failure["reason"]?.contains("certificate") == true)
        #expect(mogate.stop() == 0)
    }
}

/// A server for TLS whose certificate nobody vouches for.
private final class SelfSignedServer {
    let port: Int
    private let process = Process()

    init(in folder: TemporaryFolder) throws {
        let maker = Process()
        maker.executableURL = URL(filePath: "/usr/bin/env")
        maker.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder.path("key.pem"),
            "-out", folder.path("certificate.pem"),
        ]
        maker.standardError = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        try #require(maker.terminationStatus == 0)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", folder.path("certificate.pem"), "-key",
            folder.path("key.pem"), "-www",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var said = ""
        while !said.contains(/ACCEPT [^\n]*\n/) {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the server ended: \(said)")
            said += String(decoding: more, as: UTF8.self)
        }
        port = try #require(said.firstMatch(of: /ACCEPT [^\n]*:(\d+)\n/).flatMap { Int($0.output.1) })
    }

    deinit {
        // It inherits what signals the tests have blocked, this one excepted.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
