import FolderKit
import Foundation
import Front
import Journal
import Model
import NATS
import Sinks
import Testing

@testable import Gateway

/// Goal: a good configuration is read as it is meant, and a bad one is told all its faults at once, with line and key.
struct SettingsTests {
    private static let good = """
        listen: [{address: "127.0.0.1:8080"}, {address: "[::1]:8080"}]
        admin: {address: "127.0.0.1:8081"}
        journal: {path: data/mogate.db, reserve: 64MiB}
        sources:
          - name: mta
            provider: mobile-text-alerts
            secrets: ["env:MTA"]
            defaultCallingCode: "1"
            keywords: {stop: [Basta]}
          - {name: rcs, provider: telesign, channel: rcs, customerId: ABC, secrets: ["env:TS"]}
          - {name: lab, provider: telesign, auth: none}
        sinks:
          - {name: archive, kind: file, path: out/events.ndjson, rotate: {bytes: 256MiB, every: 1h}}
          - name: crm
            kind: http
            url: "https://crm.example/inbound"
            sign: "env:CRM"
            headers: {Authorization: "env:CRM_AUTH"}
            where: {type: [mogate.message.received, mogate.consent.changed]}
            order: subject
            concurrency: 32
            timeout: 10s
            retry: {first: 1s, longest: 5m, for: 72h}
        """

    private static let secrets = [
        "MTA": "abc", "TS": "c2VjcmV0", "CRM": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "CRM_AUTH": "Bearer abc",
    ]

    private static func read(_ text: String, _ environment: [String: String] = secrets) throws -> Settings {
        try SettingsFile(environment: environment, secrets: SecretStore(environment: environment)).read(text)
    }

    private static func faults(_ text: String, _ environment: [String: String] = secrets) -> [String] {
        do {
            _ = try read(text, environment)
            return []
        } catch let faults as SettingsFaults {
            return faults.faults.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func aTokenOfTheAdminAddressIsASecretThatNobodyGuesses() throws {
        let text = Self.good.replacing("admin: {", with: #"admin: {token: "env:PAGE", "#)
        func with(_ token: String) -> [String: String] { Self.secrets.merging(["PAGE": token]) { $1 } }
        let token = String(repeating: "a-Z_0.9~", count: 4)
        #expect(try Self.read(text, with(token)).adminToken?.key == Array(token.utf8))
        #expect(try Self.read(Self.good).adminToken == nil)
        for bad in [String(token.dropLast()), token + "/", token + "å", String(repeating: "a", count: 513)] {
            #expect(Self.faults(text, with(bad)).count == 1)
            #expect(Self.faults(text, with(bad)).first?.contains("admin.token: is not 32 to 512") ?? false)
            #expect(!Self.faults(text, with(bad)).joined().contains(bad))
        }
    }

    @Test func readsASinkOfNATS() throws {
        let sink = """

              - name: bus
                kind: nats
                servers: ["nats://10.0.0.1:4222", "tls://nats.example:4222"]
                subject: "inbound.{provider}.{subject}"
                user: mogate
                password: "env:MTA"
                order: subject
            """
        let settings = try Self.read(Self.good + sink)
        guard case .nats(let nats) = settings.sinks[2].kind else {
            Issue.record("the sink is of another kind")
            return
        }
        #expect(nats.servers.servers == ["nats://10.0.0.1:4222", "tls://nats.example:4222"])
        #expect(nats.servers.login == .password(user: "mogate", Secret(name: "secret-1", key: Array("abc".utf8))))
        #expect(nats.order == .subject && nats.concurrency == 4)
        let faulty = """

              - {name: a, kind: nats, servers: ["http://x", "nats://u:p@x"], subject: "in.{who}", token: abc}
              - {name: b, kind: nats, subject: "in", user: u, tls: {certificate: /none}}
            """
        let faults = Self.faults(Self.good + faulty)
        for problem in [
            "servers[0]: `http://x` does not begin with nats:// or tls://", "servers[1]: expected a host and a port",
            "subject: `{who}` is none of", "token: expected `env:NAME`", "servers: needs at least one address",
            "user: `user` and `password` go together", "tls.certificate: `/none` cannot be read", "tls.key: is missing",
        ] {
            #expect(faults.contains { $0.contains(problem) }, "\(problem) is not among \(faults)")
        }
        #expect(!faults.contains { $0.contains("abc") || $0.contains("u:p") }, "a secret is shown")
    }

    @Test func readsWhomASinkBelieves() throws {
        let folder = try TemporaryFolder()
        try Data("an authority".utf8).write(to: folder.url.appending(path: "ca.pem"))
        func sinks(_ url: String, _ tls: String) -> String {
            Self.good + "\n  - {name: inner, kind: http, url: \"\(url)\", tls: {\(tls)}}\n"
        }
        let settings = try Self.read(sinks("https://crm.internal/", "ca: \(folder.path("ca.pem"))"))
        guard case .http(let http) = settings.sinks[2].kind else {
            Issue.record("the sink is of another kind")
            return
        }
        #expect(http.tls == ClientTLS(authorities: "an authority"))
        for (text, problem) in [
            (sinks("https://crm.internal/", "ca: /none"), "tls.ca: `/none` cannot be read"),
            (sinks("https://crm.internal/", "certificate: \(folder.path("ca.pem"))"), "tls.key: is missing"),
            (sinks("https://crm.internal/", "cert: x"), "cert"),
            (
                sinks("http://crm.internal/", "ca: \(folder.path("ca.pem"))"),
                "tls: is for an address that begins with https://"
            ),
        ] {
            let faults = Self.faults(text)
            #expect(faults.contains { $0.contains(problem) }, "\(problem) is not among \(faults)")
        }
    }

    @Test func readsAJournalThatIsALog() throws {
        let log = Self.good.replacing(
            "{path: data/mogate.db, reserve: 64MiB}",
            with: #"{kind: nats, servers: ["nats://n1:4222"], stream: in, turn: 20s, retain: 30d}"#)
        #expect(
            Self.faults(log) == [
                "line 13: sinks: `archive` is a file, which is one machine's, and the journal is not: use `http` or `nats`"
            ])
        let archive = "  - {name: archive, kind: file, path: out/events.ndjson, rotate: {bytes: 256MiB, every: 1h}}\n"
        let shared = log.replacing(archive, with: "")
        let settings = try #require(try Self.read(shared).journal.log)
        #expect(settings.servers.servers == ["nats://n1:4222"] && settings.stream == "in" && settings.replicas == 3)
        #expect(settings.turnMs == 20_000 && settings.appendWithinMs == 4_000 && settings.retainMs == 30 * 86_400_000)
        let spilling = shared.replacing(
            "stream: in", with: "whenUnreachable: spill, path: data/spill.db, reserve: 1GiB")
        #expect(try Self.read(spilling).journal.spillPath == "data/spill.db")
        #expect(try Self.read(spilling).journal.reserveBytes == 1 << 30)
        #expect(
            Self.faults(spilling.replacing("path: data/spill.db, ", with: "")).contains { $0.contains("journal.path") })
        let faulty = shared.replacing(
            "stream: in, turn: 20s", with: "stream: a.b, replicas: 0, reserve: 1MiB, path: a, wal: b")
        for problem in [
            "journal.stream: `a.b`", "journal.replicas: `0` is out of bounds", "journal.wal: unknown key",
            "journal.reserve: is for a file: it needs `whenUnreachable: spill`",
            "journal.path: is where a log is spilled to",
        ] {
            #expect(Self.faults(faulty).contains { $0.contains(problem) }, "\(problem)")
        }
    }

    @Test func readsWhatItIsGiven() throws {
        let settings = try Self.read(Self.good)
        #expect(settings.listen.map(\.address.port) == [8080, 8080])
        #expect(settings.listen.map(\.address.host) == ["127.0.0.1", "::1"])
        #expect(settings.admin?.port == 8081)
        #expect(settings.journal == Settings.Journal(path: "data/mogate.db", reserveBytes: 64 << 20))
        #expect(settings.sources.map(\.name) == ["mta", "rcs", "lab"])
        #expect(settings.sources[0].defaultCallingCode == "1")
        #expect(settings.sources[0].keywords?.words["basta"] == .stop)
        #expect(settings.sources[0].keywords?.words["stop"] == .stop)
        #expect(settings.sources[0].secrets.map(\.key) == [Array("abc".utf8)])
        #expect(settings.sources[1].channel == .rcs)
        #expect(settings.sources[1].secrets.map(\.key) == [Array("secret".utf8)])
        #expect(settings.sources[2].authentication == .none)
        guard case .file(let file) = settings.sinks[0].kind, case .http(let http) = settings.sinks[1].kind else {
            Issue.record("the sinks are of another kind")
            return
        }
        #expect(file == FileSink.Settings(path: "out/events.ndjson", rotateBytes: 256 << 20, rotateMs: 3_600_000))
        #expect(http.headers == [Secret(name: "Authorization", key: Array("Bearer abc".utf8))])
        #expect(http.order == .subject)
        #expect(http.concurrency == 32)
        #expect(http.timeoutMs == 10_000)
        #expect(http.retry == Settings.Retry(firstMs: 1_000, longestMs: 300_000, patienceMs: 259_200_000))
        #expect(http.allowedNetworks.isEmpty)
        #expect(settings.sinks[1].filter.types == ["mogate.message.received", "mogate.consent.changed"])
    }

    @Test func theEnvironmentWins() throws {
        var environment = Self.secrets
        environment["MOGATE_JOURNAL_PATH"] = "/var/lib/mogate/j.db"
        environment["MOGATE_SOURCES_MTA_DEFAULT_CALLING_CODE"] = "44"
        environment["MOGATE_SINKS_CRM_RETRY_FOR"] = "1h"
        environment["MOGATE_LIMITS_LOOPS"] = "2"
        environment["MOGATE_SOURCES_MTA_SECRETS"] = "env:MTA, env:TS"
        let settings = try Self.read(Self.good, environment)
        #expect(settings.journal.path == "/var/lib/mogate/j.db")
        #expect(settings.sources[0].defaultCallingCode == "44")
        #expect(settings.sources[0].secrets.count == 2)
        #expect(settings.limits.loops == 2)
        guard case .http(let http) = settings.sinks[1].kind else { return }
        #expect(http.retry.patienceMs == 3_600_000)
    }

    @Test func oneAddressMayHaveAQuarterOfTheConnectionsUnlessToldOtherwise() throws {
        func perPeer(_ limits: [String: String]) throws -> Int {
            try Self.read(Self.good, Self.secrets.merging(limits) { $1 }).limits.connectionsPerPeer
        }
        #expect(try perPeer([:]) == 1_024)
        #expect(try perPeer(["MOGATE_LIMITS_CONNECTIONS": "100"]) == 25)
        #expect(try perPeer(["MOGATE_LIMITS_CONNECTIONS": "1"]) == 1)
        #expect(try perPeer(["MOGATE_LIMITS_CONNECTIONS": "100", "MOGATE_LIMITS_CONNECTIONS_PER_PEER": "90"]) == 90)
    }

    @Test func tellsEveryFaultAtOnceWithLineAndKey() {
        let faults = Self.faults(
            """
            listen: [{address: "localhost:80"}]
            journal: {pth: data}
            sources:
              - name: mta
                provider: mobile-text-alert
                secrets: ["env:MISSING", "plain secret"]
                defaultCallingCode: "+1"
              - name: open
                provider: telesign
              - {name: open, provider: telesign, auth: nobody}
            sinks:
              - {name: "a b", kind: http, url: "ftp://x", timeout: 10}
              - {name: c, kind: fax}
            colour: blue
            """)
        let expected = [
            "line 1: listen[0].address: `localhost:80` is not an address in numbers",
            "line 2: journal.path: is missing",
            "line 2: journal.pth: unknown key; did you mean `path`?",
            "line 5: sources[0].provider: `mobile-text-alert` is none of `mobile-text-alerts`, `telesign`",
            "line 6: sources[0].secrets[0]: `env:MISSING` is not set",
            "line 6: sources[0].secrets[1]: expected `env:NAME`, `file:PATH` or `credential:NAME`, never the secret itself",
            "line 7: sources[0].defaultCallingCode: `+1` is not a country's calling code",
            "line 8: sources[1].secrets: is missing; a source without authentication needs `auth: none`",
            "line 10: sources[2].auth: `nobody` is none of `signature`, `basic`, `path-token`, `mtls`, `none`",
            "line 12: sinks[0].name: `a b` is not made of letters",
            "line 12: sinks[0].timeout: `10` is not a duration",
            "line 12: sinks[0].url: the address must begin with https:// or http://",
            "line 13: sinks[1].kind: `fax` is none of `file`, `http`, `nats`",
            "line 14: colour: unknown key",
        ]
        for start in expected {
            #expect(
                faults.contains { $0.hasPrefix(start) }, "missing: \(start)\nin:\n\(faults.joined(separator: "\n"))")
        }
        #expect(!faults.joined().contains("plain secret"))
    }

    @Test(arguments: [
        "listen: [", "listen: {a: 1}\nlisten: {a: 2}", "- 1", "just text", "", "listen: [1, 2]", "sources: 5",
        "journal: [1]", "sinks: {a: b}",
    ])
    func neverTrapsAndNeverReads(_ text: String) {
        #expect(!Self.faults(text).isEmpty)
    }

    @Test func aTypingErrorInTheEnvironmentIsAFaultToo() {
        var environment = Self.secrets
        environment["MOGATE_JOURNAL_PAHT"] = "x"
        #expect(Self.faults(Self.good, environment).contains { $0.contains("MOGATE_JOURNAL_PAHT") })
    }

    @Test func whatKubernetesSaysAndWhatTheFileNamesIsNoTypingError() throws {
        var environment = Self.secrets
        environment["MOGATE_SERVICE_HOST"] = "10.0.0.1"
        environment["MOGATE_PORT_8080_TCP"] = "tcp://10.0.0.1:8080"
        environment["MOGATE_MTA"] = "abc"
        let text = Self.good.replacingOccurrences(of: "env:MTA", with: "env:MOGATE_MTA")
        #expect(try Self.read(text, environment).sources[0].secrets.first?.key == Array("abc".utf8))
    }

    @Test func whatWouldNeverMatchIsAFault() {
        let text = Self.good.replacingOccurrences(
            of: "where: {type:", with: "where: {source: mtaa, provider: twilio, type:"
        )
        .replacingOccurrences(of: "channel: rcs", with: "channel: rcs, event: reply")
        let faults = Self.faults(text).joined(separator: "\n")
        #expect(faults.contains("which is no source"))
        #expect(faults.contains("which is no provider"))
        #expect(faults.contains("this provider has no events to choose"))
        let twice = Self.good + "\n  - {name: other, kind: file, path: out/events.ndjson}\n"
        #expect(Self.faults(twice).joined().contains("`out/events.ndjson` is given twice"))
    }

    /// What is to keep others out, and says nothing, would let everybody in.
    @Test(arguments: [
        "from: []", "from: \"\"", "from:", "where: {type: []}", "where: {provider: \"\"}", "where: {channel: []}",
        "where: {source: []}",
    ])
    func aListThatIsToNarrowAndIsEmptyIsAFault(_ member: String) {
        let isOfSource = member.hasPrefix("from")
        let text = """
            journal: {path: data}
            listen: [{address: "127.0.0.1:1"}]
            sources:
              - name: near
                provider: telesign
                auth: none
                \(isOfSource ? member : "channel: sms")
            sinks:
              - name: all
                kind: file
                path: out
                \(isOfSource ? "" : member)
            """
        #expect(Self.faults(text, [:]).filter { $0.contains("is empty; leave it out") }.count == 1, "\(member)")
    }

    @Test func whatNarrowsIsNotEmptiedByTheEnvironment() {
        let text = Self.good.replacing("channel: rcs", with: "channel: rcs, from: [\"10.0.0.0/8\"]")
        #expect(Self.faults(text).isEmpty)
        let faults = Self.faults(text, Self.secrets.merging(["MOGATE_SOURCES_RCS_FROM": ""]) { $1 })
        #expect(faults.joined().contains("is empty; leave it out"))
    }

    @Test func whatWouldDoNothingIsAFault() {
        let text = Self.good.replacing(
            "provider: mobile-text-alerts", with: "provider: mobile-text-alerts\n    customerId: ABC")
        #expect(Self.faults(text).joined().contains("callbacks name no account"))
        for host in ["https://ops.example", "ops.example:8081", "\"\""] {
            let hosts = Self.good.replacing("admin: {", with: "admin: {hosts: [\(host)], ")
            #expect(Self.faults(hosts).joined().contains("is no name alone"), "\(host)")
        }
    }

    @Test func aSecretThatOthersCanReadIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("secret")
        let text = Self.good.replacingOccurrences(of: "env:MTA", with: "file:" + path)
        #expect(Self.faults(text).first?.hasSuffix("cannot be read") == true)
        for (mode, isTaken) in [(0o644, false), (0o660, false), (0o640, true), (0o600, true), (0o400, true)] {
            try? FileManager.default.removeItem(atPath: path)
            try #require(FileManager.default.createFile(atPath: path, contents: Data("  key \n".utf8)))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            #expect(Self.faults(text).isEmpty == isTaken, "mode \(String(mode, radix: 8))")
        }
        #expect(try Self.read(text).sources[0].secrets.first?.key == Array("key".utf8))
    }

    @Test(arguments: [("250ms", 250), ("10s", 10_000), ("5m", 300_000), ("72h", 259_200_000), ("30d", 2_592_000_000)])
    func durations(_ text: String, _ milliseconds: Int64) {
        #expect(Quantity.milliseconds(text) == milliseconds)
    }

    @Test(arguments: ["", "s", "-1s", "1.5s", "1 s", "99999999999999999999s", "9223372036854775807d", "1y"])
    func noDurations(_ text: String) {
        #expect(Quantity.milliseconds(text) == nil)
    }

    @Test(arguments: [("512", 512), ("64KiB", 65_536), ("256MiB", 268_435_456), ("20GiB", 21_474_836_480)])
    func sizes(_ text: String, _ bytes: Int64) {
        #expect(Quantity.bytes(text) == bytes)
    }
}
