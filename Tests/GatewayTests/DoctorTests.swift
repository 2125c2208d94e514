import FolderKit
import Foundation
import Front
import Journal
import Model
import Testing

@testable import Gateway

/// Goal: `mogate doctor` sees what is wrong with a machine and a configuration before vendors do.
///
/// Method: the real binary, on configurations of the tests' own; in each something is as it should not be.
@Suite(.timeLimit(.minutes(2)))
struct DoctorTests {
    private struct Finding: Decodable {
        let subject: String
        let verdict: String
        let words: String
    }

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// What it says of a configuration, by subject, and its exit code.
    private func examine(
        listen: String = #"{address: "127.0.0.1:0"}"#, more: String = "", journal: String? = nil, sinks: String = "",
        environment: [String: String] = [:], _ arguments: String...
    ) throws -> (status: Int32, findings: [String: Finding]) {
        let configuration = """
            listen: [\(listen)]
            journal: {path: "\(journal ?? folder.path("mogate.db"))"}
            \(more)
            sources: [{name: telesign, provider: telesign, secrets: ["env:TELESIGN_KEY"]}]
            sinks: [\(sinks)]
            """
        let file = folder.path("mogate.yaml")
        try Data(configuration.utf8).write(to: URL(filePath: file))
        let command = try MogateCommand(
            ["doctor", "--json", "--config", file] + arguments,
            environment: RunningMogate.secrets.merging(environment) { $1 })
        let findings = try command.lines.map { try JSONDecoder().decode(Finding.self, from: Data($0.utf8)) }
        return (command.status, Dictionary(findings.map { ($0.subject, $0) }) { first, _ in first })
    }

    private func sink(_ port: Int) -> String {
        #"{name: crm, kind: http, url: "http://127.0.0.1:\#(port)/in", sign: "env:SINK_SECRET", "#
            + "allowNetworks: [127.0.0.0/8]}"
    }

    @Test func findsNothingWhereAllIsWell() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let (status, findings) = try examine(
            more: "trustedProxies: [127.0.0.0/8]", sinks: sink(receiver.port))
        #expect(status == 0, "\(findings.values)")
        for subject in ["libevent", "descriptors", "files", "configuration", "door", "sink crm"] {
            #expect(findings[subject]?.verdict == "ok", "\(subject): \(findings[subject]?.words ?? "not looked at")")
        }
        #expect(findings["disk"]?.words.contains("a sync takes") == true)
        #expect(["ok", "warn"].contains(findings["clock"]?.verdict))
        #expect(findings["rights"]?.verdict == (geteuid() == 0 ? "warn" : "ok"))
        // It connected, and sent nothing.
        #expect(receiver.deliveryCount == 0)
        let table = try MogateCommand(["doctor", "--config", folder.path("mogate.yaml")])
        #expect(table.status == 0)
        #expect(table.lines.contains { $0.hasPrefix("ok") && $0.contains("sink crm") })
    }

    @Test func aProbeIsASignedEventOfNobody() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let (_, findings) = try examine(sinks: sink(receiver.port), "--probe")
        #expect(findings["sink crm"]?.words == "took a probe event and its signature")
        let delivery = try await receiver.delivery(0)
        #expect(delivery.verified && delivery.eventType == "mogate.provider.notice")

        let strict = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [401])
        let (status, refused) = try examine(sinks: sink(strict.port), "--probe")
        #expect(status == 69)
        #expect(refused["sink crm"]?.words == "did not take a probe event: status 401")
    }

    @Test func aSinkThatCannotBeReachedFails() throws {
        let (status, findings) = try examine(sinks: sink(1))
        #expect(status == 69)
        #expect(findings["sink crm"]?.verdict == "fail")
        let guarded = try examine(sinks: #"{name: crm, kind: http, url: "http://127.0.0.1:1/"}"#)
        #expect(guarded.findings["sink crm"]?.words == "The address is not public")
    }

    @Test func filesThatOthersCanReadFail() throws {
        try Data().write(to: folder.url.appending(path: "mogate.db-mark"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: folder.path("mogate.db-mark"))
        let (status, findings) = try examine()
        #expect(status == 69)
        #expect(findings["files"]?.words.contains("mogate.db-mark") == true)
    }

    @Test func aJournalInMemoryFails() throws {
        let place = "/dev/shm/mogate-doctor-\(UUID())"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let (status, findings) = try examine(journal: place + "/mogate.db")
        #expect(status == 69)
        #expect(findings["file system"]?.verdict == "fail")
        let missing = try examine(journal: place + "/none/mogate.db")
        #expect(missing.findings["disk"]?.verdict == "fail")
    }

    @Test func doorsThatAreOpenTooWideAreTold() throws {
        let (_, outside) = try examine(
            listen: #"{address: "0.0.0.0:0"}"#, more: #"admin: {address: "0.0.0.0:0"}"#)
        #expect(outside["door"]?.words.contains("without TLS") == true)
        #expect(outside["admin"]?.verdict == "warn")
        let (status, everyone) = try examine(more: #"trustedProxies: ["0.0.0.0/0"]"#)
        #expect(status == 69)
        #expect(everyone["proxies"]?.verdict == "fail")
    }

    /// A clock that stands still at so many days before a certificate's end: its days left are as many.
    @Test(arguments: [(14, "ok"), (13, "warn"), (0, "warn"), (-1, "fail")])
    func aCertificateIsToBeRenewedInTime(_ days: Int64, _ verdict: String) async throws {
        let certified = try TLSTests.folder("server")
        let settings = try SettingsText.read(
            """
            listen: [{address: "127.0.0.1:0", tls: {certificate: "\(certified.path("server.pem"))", \
            key: "\(certified.path("server.key"))"}}]
            journal: {path: "\(folder.path("mogate.db"))"}
            sources: [{name: open, provider: telesign, auth: none}]
            """)
        let end = try #require(settings.listen[0].tls?.expiresAt)
        let now = end.advanced(byMilliseconds: -days * 86_400_000)
        let time = Time(now: { now }, sleep: { _ in }, chance: { 0 })
        let findings = await Checkup(settings, time: time)
            .findings(configuration: folder.path("mogate.yaml"), probing: false)
        let door = try #require(findings.first { $0.subject == "door" })
        #expect(door.verdict.rawValue == verdict)
        #expect(door.words.hasSuffix("with TLS, whose certificate has \(days) days left"))
    }

    @Test func aClockThatLostItsBatteryFails() async throws {
        let settings = try SettingsText.read(
            """
            listen: [{address: "127.0.0.1:0"}]
            journal: {path: "\(folder.path("mogate.db"))"}
            sources: [{name: open, provider: telesign, auth: none}]
            """)
        let time = Time(now: { Instant(microseconds: 0) }, sleep: { _ in }, chance: { 0 })
        let findings = await Checkup(settings, time: time)
            .findings(configuration: folder.path("mogate.yaml"), probing: false)
        #expect(findings.first { $0.subject == "clock" }?.verdict == .fail)
    }

    @Test func tooFewDescriptorsFail() throws {
        let (status, findings) = try examine(more: "limits: {connections: 1000000}")
        #expect(status == 69)
        #expect(findings["descriptors"]?.words.contains("1000512 wanted") == true)
    }

    /// As the package's name and number in the image that a container was made of, before any update.
    @Test(arguments: [
        ("echo 2.1.12-stable-8", "fail"), ("echo 2.1.12-stable-8+deb12u1", "ok"), ("exit 1", "warn"),
    ])
    func aLibeventWithoutDebiansFixesFails(_ script: String, _ verdict: String) throws {
        let command = folder.path("dpkg-query")
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: command))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: command)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let (_, findings) = try examine(environment: ["PATH": "\(folder.url.path):\(path)"])
        #expect(findings["libevent"]?.verdict == verdict)
    }

    @Test func aFaultyConfigurationIsNoMatterForADoctor() throws {
        let file = folder.path("bad.yaml")
        try Data("listen: 5".utf8).write(to: URL(filePath: file))
        #expect(try MogateCommand(["doctor", "--config", file]).status == 78)
    }
}
