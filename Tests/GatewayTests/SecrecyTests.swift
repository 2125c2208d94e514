import FolderKit
import Foundation
import Testing

@testable import Gateway

/// Goal: no secret, and nothing of an end user, is where somebody could look who should not (case 137).
///
/// Method: the real binary is given words that occur nowhere else, in every place that they can come in by; then
/// everything that it says, and what the system tells of it, is searched for them.
@Suite(.timeLimit(.minutes(2)))
struct SecrecyTests {
    private static let telesignKey = Data("canary-of-the-key-0123456789abcdef".utf8).base64EncodedString()
    private static let secrets = [
        "mta": "canary-of-another-key", "telesign": telesignKey, "crm": "whsec_" + telesignKey,
        "crm-old": "whsec_" + Data("canary-of-an-older-key-0123456789".utf8).base64EncodedString(),
    ]
    /// What must be found nowhere.
    private static let canaries =
        Array(secrets.values) + [
            "canary", "15550188888", "a.canary@mail.example", "4111111111111111", "Zm9yZ2Vk",
        ]

    @Test func nothingThatIsSaidGivesAnythingAway() async throws {
        let folder = try TemporaryFolder()
        for (name, secret) in Self.secrets {
            #expect(
                FileManager.default.createFile(
                    atPath: folder.path(name), contents: Data(secret.utf8), attributes: [.posixPermissions: 0o600]))
        }
        let sources = """
              - {name: mta, provider: mobile-text-alerts, secrets: ["file:\(folder.path("mta"))"], keywords: detect}
              - {name: telesign, provider: telesign, secrets: ["file:\(folder.path("telesign"))"]}
              - {name: relay, provider: telesign, auth: path-token, secrets: ["file:\(folder.path("crm-old"))"]}
            """
        let sinks = """
              - {name: archive, kind: file, path: "$DIR/events.ndjson"}
              - name: crm
                kind: http
                url: "http://127.0.0.1:1/canary?token=canary"
                sign: ["file:\(folder.path("crm"))", "file:\(folder.path("crm-old"))"]
                allowNetworks: [127.0.0.0/8]
            """
        let mogate = try await RunningMogate(
            in: folder, sinks: sinks, limits: "accessLog: true", sources: sources, secrets: [:])
        var answers: [RunningMogate.Answer] = []
        for (headers, body) in Self.requests {
            for path in ["/in/telesign", "/in/telesign?token=canary&to=15550188888", "/in/relay/canary", "/canary"] {
                answers.append(try await mogate.send("POST", path, headers: headers, body: body))
            }
        }
        #expect(Set(answers.map(\.status)).isSuperset(of: [200, 401, 404]))
        _ = try await mogate.logLine { $0["message"] == "quarantined" }
        _ = try await mogate.logLine { $0["message"]?.hasPrefix("delivery failed") == true }
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").joined().contains("15550188888") }

        for path in ["/metrics", "/healthz", "/readyz"] {
            answers.append(try await mogate.send("GET", path, toAdmin: true))
        }
        var places = ["the log": mogate.logText]
        for (number, answer) in answers.enumerated() {
            places["answer \(number)"] = "\(answer.headers)\n\(answer.body)"
        }
        for name in ["environ", "cmdline", "comm", "status"] {
            let data = try #require(FileManager.default.contents(atPath: "/proc/\(mogate.pid)/\(name)"))
            places[name] = String(decoding: data, as: UTF8.self)
        }
        for (place, text) in places {
            for canary in Self.canaries where text.contains(canary) {
                Issue.record("\(canary) is in \(place):\n\(text.prefix(2_000))")
            }
        }
        #expect(mogate.stop() == 0)
        #expect(!mogate.logText.contains("canary"))
    }

    @Test(arguments: [
        ("$", "$"), ("$.user_response.brand-new", "$.user_response.brand-new"), ("$.items[12].v2", "$.items[12].v2"),
        ("$.data.+15550188888.x", "$.data.…"), ("$.15550188888", "$.…"), ("$.a@mail.example", "$.…"), ("$.a b", "$.…"),
        ("$.å", "$.…"), ("", ""),
    ])
    func aPathIsToldAsFarAsItNamesFields(_ path: String, _ told: String) {
        #expect(path.safePath == told)
    }

    /// Authentic, broken, unknown, and forged: with something of an end user in each field that is read.
    private static var requests: [(headers: [(String, String)], body: Data)] {
        let person = "canary 15550188888 a.canary@mail.example 4111111111111111"
        let bodies = [
            """
            {"reference_id":"R1","user_response":{"phone_number":"15550188888","sender_id":"4442","mo_message":"\(person)"},\
            "sub_resource":"mo_sms","canary@15550188888":{"15550188888":"\(person)"}}
            """,
            #"{"reference_id":"\#(person)","user_response":{"phone_number":"\#(person)","mo_message":["\#(person)"]}}"#,
            #"{"\#(person)":"\#(person)"#, #"["\#(person)"]"#,
            #"{"status":{"code":"\#(person)"},"reference_id":"15550188888","sub_resource":"\#(person)"}"#,
        ]
        let forged = [
            ("Authorization", "TSA canary:Zm9yZ2Vk"), ("Cookie", "session=canary"), ("User-Agent", person),
            ("X-Api-Key", "canary"),
        ]
        return bodies.map { body in
            let data = Data(body.utf8)
            let code = Signature.hmacSHA256(of: data, key: Data(base64Encoded: telesignKey)!).base64EncodedString()
            return ([("Authorization", "TSA canary:\(code)"), ("User-Agent", person)], data)
        } + [(forged, Data(person.utf8))]
    }

    /// The memory of a process holds its keys. What can be promised is that nobody but root gets it.
    @Test(arguments: [true, false])
    func aCrashLeavesNoMemoryBehind(_ isMogate: Bool) throws {
        let folder = try TemporaryFolder()
        let binary = RunningMogate.binary.path
        let configuration = #"""
            listen: [{address: "127.0.0.1:0"}]
            journal: {path: "\#(folder.path("mogate.db"))"}
            sources: [{name: a, provider: telesign, auth: none}]
            sinks: []
            """#
        try Data(configuration.utf8).write(to: folder.url.appending(path: "mogate.yaml"))
        let command =
            isMogate
            ? [binary, "serve", "--allow-root", "--config", folder.path("mogate.yaml")]
            : ["/bin/sh", "-c", "echo started >&2; exec sleep 60"]
        let crash = try Python.process("crash.py", [folder.url.path] + command)
        let output = Pipe()
        crash.standardOutput = output
        try crash.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        crash.waitUntilExit()
        // That another program's crash does leave its memory shows that this one's would have been seen.
        #expect(said == (isMogate ? "no core\n" : "core\n"))
    }
}
