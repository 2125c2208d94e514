import Foundation
import Testing

/// Goal: the operator's page shows what there is, hides what was written, and can be used by anyone with any device.
///
/// Method: real Chromium at a running mogate; `PAGE_PICTURES=folder` keeps what it saw, for a person to look at.
@Suite(.timeLimit(.minutes(3)))
struct PageTests {
    private struct Look: Decodable {
        let name: String
        let problems: [String]
    }

    @Test func aPersonFindsTheirWay() async throws {
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
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

    @Test(arguments: [
        ("127.0.0.1:1", 200), ("localhost", 200), ("[::1]:8081", 200), ("rebound.example", 403),
        ("127.0.0.1.rebound.example", 403), ("localhost.rebound.example:8081", 403),
    ])
    func isNotServedUnderAnothersName(_ host: String, _ status: Int) async throws {
        let mogate = try await Self.shared.value
        for path in ["/", "/page/page.js", "/api/v1/status"] {
            #expect(try await mogate.send("GET", path, headers: [("Host", host)], toAdmin: true).status == status)
        }
        // What machines ask goes by any name.
        #expect(try await mogate.send("GET", "/metrics", headers: [("Host", host)], toAdmin: true).status == 200)
    }

    @Test func saysThatNothingFromElsewhereMayRunInIt() async throws {
        let mogate = try await Self.shared.value
        for path in ["/", "/page/events.js", "/api/v1/status", "/api/v1/nothing"] {
            let answer = try await mogate.send("GET", path, toAdmin: true)
            #expect(
                answer.headers["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self';") == true)
            #expect(answer.headers["x-content-type-options"] == "nosniff")
        }
    }

    private static let shared = Task {
        try await RunningMogate(in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/out"}"#)
    }
}
