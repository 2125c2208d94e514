import FolderKit
import Foundation
import Testing

/// Goal: TLS is spoken as it should be, certificates can be changed without anyone noticing, and a sender can be proved by
/// one of its own.
///
/// Method: the real binary, and Python's TLS on the other side. The numbers are those of the catalogue of hostile inputs.
@Suite(.timeLimit(.minutes(3)))
struct TLSTests {
    private static let fileSink = #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#

    /// A folder with an authority and certificates of these names.
    static func folder(_ names: String...) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try issue(names, in: folder)
        return folder
    }

    private static func issue(_ names: [String], in folder: TemporaryFolder) throws {
        let script = Repository.root.appending(path: "Tests/Tools/authority.sh").path
        let process = try Process.run(URL(filePath: "/bin/sh"), arguments: [script, folder.url.path] + names)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "certificates could not be made: is openssl installed?")
    }

    private static func started(
        in folder: TemporaryFolder, clientCA: Bool = false,
        sources: String = "  - {name: open, provider: telesign, auth: none}"
    ) async throws -> RunningMogate {
        let authority = clientCA ? #", clientCA: "\#(folder.path("authority.pem"))""# : ""
        return try await RunningMogate(
            in: folder, sinks: fileSink, sources: sources,
            tls:
                #", tls: {certificate: "\#(folder.path("server.pem"))", key: "\#(folder.path("server.key"))"\#(authority)}"#
        )
    }

    private struct Told: Decodable {
        var version: String?
        var serial: String?
        var statuses: [Int]?
        var error: String?
    }

    /// What the client says; nil where it was turned away.
    private static func client(_ mogate: RunningMogate, _ options: String...) throws -> Told {
        try client(mogate, options)
    }

    private static func client(_ mogate: RunningMogate, _ options: [String]) throws -> Told {
        let output = Pipe()
        let process = try Python.process(
            "tls.py", [String(mogate.port), mogate.folder.path("authority.pem")] + options)
        process.standardOutput = output
        try process.run()
        process.waitUntilExit()
        return try JSONDecoder().decode(Told.self, from: output.fileHandleForReading.readDataToEndOfFile())
    }

    /// Case 73: nothing older than TLS 1.2.
    @Test func case73() async throws {
        let mogate = try await Self.started(in: Self.folder("server"))
        let new = try Self.client(mogate, "--posts", "3")
        #expect(new.version == "TLSv1.3")
        #expect(new.statuses == [200, 200, 200])
        let older = try Self.client(mogate, "--versions", "TLSv1_2", "TLSv1_2")
        #expect(older.version == "TLSv1.2")
        #expect(older.statuses == [200])
        for version in ["TLSv1", "TLSv1_1"] {
            #expect(try Self.client(mogate, "--versions", version, version).error != nil, "\(version)")
        }
        // Whoever speaks no TLS is not answered as if it did.
        #expect(try !mogate.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n").contains("HTTP/1.1"))
        #expect(try Self.client(mogate).statuses == [200])
        #expect(mogate.stop() == 0)
    }

    /// Case 74: with tickets and kept connections, also the last answer on a connection comes whole.
    @Test func case74() async throws {
        let mogate = try await Self.started(in: Self.folder("server"))
        #expect(try Self.client(mogate, "--posts", "20").statuses == Array(repeating: 200, count: 20))
        #expect(try Self.client(mogate, "--path", "/in/nobody").statuses == [404])
        #expect(mogate.stop() == 0)
    }

    /// Case 75: a thousand connections that are there go on, a new one gets the new certificate, and a bad file changes
    /// nothing.
    @Test func case75() async throws {
        let count = 1_000
        let folder = try Self.folder("server")
        let mogate = try await Self.started(in: folder)
        let input = Pipe()
        let output = Pipe()
        let held = try Python.process(
            "tls.py", [String(mogate.port), folder.path("authority.pem"), "--hold", String(count)])
        held.standardInput = input
        held.standardOutput = output
        let lines = LineReader(output.fileHandleForReading)
        try held.run()
        func told(_ number: Int) async throws -> Told {
            try JSONDecoder().decode(Told.self, from: Data(try await lines.line(number).utf8))
        }
        let old = try await told(0)
        #expect(old.statuses == Array(repeating: 200, count: count))

        let key = try Data(contentsOf: folder.url.appending(path: "server.key"))
        try Data("no key".utf8).write(to: folder.url.appending(path: "server.key"))
        mogate.signal(SIGHUP)
        let refused = try await mogate.logLine { $0["message"]?.contains("not reloaded") == true }
        #expect(refused["fault"]?.contains("listen[0].tls.key: holds no private key") == true)
        #expect(try Self.client(mogate).serial == old.serial)

        try key.write(to: folder.url.appending(path: "server.key"))
        try Self.issue(["server"], in: folder)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["message"] == "configuration reloaded" }
        let new = try Self.client(mogate)
        #expect(new.statuses == [200])
        #expect(new.serial != old.serial)
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        #expect(try await told(1).statuses == Array(repeating: 200, count: count))
        held.waitUntilExit()
        #expect(mogate.stop() == 0)
        #expect(!mogate.logText.contains("takes a restart"))
    }

    /// A proxy that passes TLS on says in the clear who is behind it, and only then the hello begins.
    @Test func aProxysHeaderComesBeforeTheHello() async throws {
        let folder = try Self.folder("server")
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.fileSink, limits: #"trustedProxies: ["127.0.0.1"]"#,
            sources: #"  - {name: near, provider: telesign, auth: none, from: ["203.0.113.0/24"]}"#,
            tls: #"""
                , proxyProtocol: true, tls: {certificate: "\#(folder.path("server.pem"))", \#
                key: "\#(folder.path("server.key"))"}
                """#)
        func told(_ header: String...) throws -> Told {
            try Self.client(mogate, ["--path", "/in/near"] + header.flatMap { ["--before", $0] })
        }
        #expect(try told("PROXY TCP4 203.0.113.9 127.0.0.1 4711 443").statuses == [200])
        #expect(try told("PROXY TCP4 198.51.100.9 127.0.0.1 4711 443").statuses == [401])
        // What is no header, or none at all, gets no handshake.
        #expect(try told("PROXY TCP4 nobody 127.0.0.1 4711 443").error != nil)
        #expect(try told().error != nil)
        #expect(mogate.stop() == 0)
    }

    @Test func mutualTLSProvesASender() async throws {
        let folder = try Self.folder("server", "relay", "other")
        let strangers = try Self.folder("stranger")
        let mogate = try await Self.started(
            in: folder, clientCA: true,
            sources: """
                  - {name: relay, provider: telesign, auth: mtls, clients: ["CN=relay,O=Example"]}
                  - {name: open, provider: telesign, auth: none}
                """)
        func told(as name: String, in folder: TemporaryFolder, _ path: String) throws -> Told {
            try Self.client(
                mogate, "--as", folder.path(name + ".pem"), folder.path(name + ".key"), "--path", path)
        }
        #expect(try told(as: "relay", in: folder, "/in/relay").statuses == [200])
        #expect(try told(as: "other", in: folder, "/in/relay").statuses == [401])
        #expect(try Self.client(mogate, "--path", "/in/relay").statuses == [401])
        // Other sources ask for none; but what is shown has to be right.
        #expect(try Self.client(mogate).statuses == [200])
        #expect(try told(as: "stranger", in: strangers, "/in/open").error != nil)
        #expect(mogate.stop() == 0)
    }

    @Test func saysWhatIsWrongWithTheFiles() async throws {
        let folder = try Self.folder("server", "other")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.path("other.key"))
        func faults(_ tls: String) -> String {
            let text = """
                listen: [{address: "127.0.0.1:0", tls: {\(tls.replacing("$", with: folder.url.path + "/"))}}]
                journal: {path: x}
                sources: [{name: a, provider: telesign, auth: none}]
                """
            return SettingsText.faults(text)
        }
        #expect(faults(#"certificate: "$server.pem", key: "$server.key""#) == "")
        #expect(faults(#"certificate: "$none.pem", key: "$server.key""#).contains("listen[0].tls.certificate: `"))
        #expect(faults(#"certificate: "$server.key", key: "$server.key""#).contains("holds no certificate"))
        #expect(faults(#"certificate: "$server.pem", key: "$other.key""#).contains("chmod 0640 or less"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path("other.key"))
        #expect(faults(#"certificate: "$server.pem", key: "$other.key""#).contains("is not the key of the certificate"))
        #expect(
            faults(#"certificate: "$server.pem", key: "$server.key", clientCA: "$server.key""#).contains(
                "listen[0].tls.clientCA: holds no certificate of an authority"))
        #expect(faults(#"certificate: "$server.pem""#).contains("listen[0].tls.key: is missing"))
    }
}
