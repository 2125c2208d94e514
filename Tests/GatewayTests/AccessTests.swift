import FolderKit
import Foundation
import Journal
import Model
import Testing

/// Goal: who may post to a source, how much and how often, is as the configuration says.
///
/// Method: the real binary. The numbers are those of the catalogue of hostile inputs.
@Suite(.timeLimit(.minutes(3)))
struct AccessTests {
    private static let fileSink = #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#

    private static func started(_ sources: String, settings: String = "") async throws -> RunningMogate {
        try await RunningMogate(
            in: TemporaryFolder(), sinks: fileSink, limits: settings, sources: sources,
            secrets: [
                "PASSWORD": "correct horse", "TOKEN": "a-token-of-20-digits", "OLD_TOKEN": "another-token-that-was",
            ])
    }

    private static let body = Callback.telesign("R1").body

    private func basic(_ pair: String) -> [(String, String)] {
        [("Authorization", "Basic " + Data(pair.utf8).base64EncodedString())]
    }

    @Test func basicAuthentication() async throws {
        let mogate = try await Self.started(
            #"  - {name: relay, provider: telesign, auth: basic, username: vendor, secrets: ["env:PASSWORD"]}"#)
        func status(_ headers: [(String, String)]) async throws -> Int {
            try await mogate.send("POST", "/in/relay", headers: headers, body: Self.body).status
        }
        #expect(try await status(basic("vendor:correct horse")) == 200)
        #expect(try await status(basic("vendor:correct horse ")) == 401)
        #expect(try await status(basic("vendor:")) == 401)
        #expect(try await status(basic("Vendor:correct horse")) == 401)
        #expect(try await status([]) == 401)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 1 }
        let event = mogate.lines(of: "events.ndjson").joined()
        #expect(event.contains(#""authenticity":{"result":"verified","method":"basic","key":"secret-1"}"#))
        #expect(mogate.stop() == 0)
        #expect(!mogate.logText.contains("horse"))
    }

    @Test func pathTokens() async throws {
        let mogate = try await Self.started(
            #"""
              - {name: relay, provider: telesign, auth: path-token, secrets: ["env:TOKEN", "env:OLD_TOKEN"]}
              - {name: other, provider: telesign, auth: none}
            """#)
        func status(_ path: String) async throws -> Int {
            try await mogate.send("POST", path, body: Self.body).status
        }
        #expect(try await status("/in/relay/a-token-of-20-digits") == 200)
        #expect(try await status("/in/relay/another-token-that-was") == 200)
        #expect(try await status("/in/relay/a-token-of-20-digit") == 401)
        #expect(try await status("/in/relay") == 401)
        #expect(try await status("/in/relay/") == 401)
        for path in [
            "/in/other/a-token-of-20-digits", "/in/relay/x/a-token-of-20-digits", "/in//a-token-of-20-digits",
            "/in/relay//a-token-of-20-digits",
        ] {
            #expect(try await status(path) == 404, "\(path)")
        }
        #expect(mogate.stop() == 0)
        for secret in ["a-token", "another-token"] { #expect(!mogate.logText.contains(secret)) }
        for name in try FileManager.default.contentsOfDirectory(atPath: mogate.folder.url.path) {
            let data = try Data(contentsOf: mogate.folder.url.appending(path: name))
            #expect(data.range(of: Data("a-token-of".utf8)) == nil, "\(name) holds the token")
        }
    }

    /// Case 97: a path is read byte by byte, and leads to no other source.
    @Test func case97() async throws {
        let mogate = try await Self.started("  - {name: open, provider: telesign, auth: none}")
        for path in [
            "/in/%2e%2e/in/open", "/in/../in/open", "/in/%6fpen", "/in/open%00", "/in/open%2f", "/in//open",
            "//in/open", "/in/open/", "/in/open;x=y", "/IN/open", "/in/Open", "/in/open/..", "/in/", "/in", "/",
            "/in/\u{F6}pen", "/in/open\\",
        ] {
            let answer = try mogate.raw("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
            #expect(answer.hasPrefix("HTTP/1.1 404 ") || answer.hasPrefix("HTTP/1.1 400 "), "\(path): \(answer)")
        }
        #expect(mogate.stop() == 0)
    }

    @Test func addressesAndProxies() async throws {
        let mogate = try await Self.started(
            #"""
              - {name: near, provider: telesign, auth: none, from: ["203.0.113.0/24", "2001:db8::/32"]}
              - {name: here, provider: telesign, auth: none, from: "127.0.0.1"}
            """#, settings: "trustedProxies: [\"127.0.0.0/8\"]")
        func status(_ path: String, forwardedFor: String?) async throws -> Int {
            try await mogate.send(
                "POST", path, headers: forwardedFor.map { [("X-Forwarded-For", $0)] } ?? [], body: Self.body
            ).status
        }
        #expect(try await status("/in/near", forwardedFor: "203.0.113.9") == 200)
        #expect(try await status("/in/near", forwardedFor: "198.51.100.1, 203.0.113.9") == 200)
        #expect(try await status("/in/near", forwardedFor: "2001:db8::7") == 200)
        #expect(try await status("/in/near", forwardedFor: "203.0.113.9, 198.51.100.1") == 401)
        #expect(try await status("/in/near", forwardedFor: nil) == 401)
        #expect(try await status("/in/here", forwardedFor: nil) == 200)
        #expect(try await status("/in/here", forwardedFor: "198.51.100.1") == 401)
        #expect(mogate.stop() == 0)
    }

    @Test func nobodyElseIsBelievedAboutAddresses() async throws {
        let mogate = try await Self.started(
            #"  - {name: near, provider: telesign, auth: none, from: ["203.0.113.0/24"]}"#)
        let answer = try await mogate.send(
            "POST", "/in/near", headers: [("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=203.0.113.9")],
            body: Self.body)
        #expect(answer.status == 401)
        #expect(mogate.stop() == 0)
    }

    @Test func strangersAndSourcesAreHeldToTheirRates() async throws {
        let mogate = try await Self.started(
            #"""
              - {name: open, provider: telesign, auth: none, rate: {perSecond: 1, burst: 3}}
              - {name: relay, provider: telesign, auth: path-token, secrets: ["env:TOKEN"]}
            """#,
            settings: """
                trustedProxies: ["127.0.0.1"]
                limits: {strangers: {perSecond: 1, burst: 4}}
                """)
        func answer(_ path: String, from: String = "203.0.113.9") async throws -> RunningMogate.Answer {
            try await mogate.send("POST", path, headers: [("X-Forwarded-For", from)], body: Self.body)
        }
        var statuses: [Int] = []
        for _ in 0..<12 { statuses.append(try await answer("/in/open").status) }
        #expect(statuses.prefix(3) == [200, 200, 200])
        #expect(statuses.contains(429))
        let late = try await answer("/in/open")
        #expect(late.status == 429 ? late.headers["retry-after"] == "1" : late.status == 200)
        // Of the other source nothing was taken, and being held back does not count as being refused.
        #expect(try await answer("/in/relay/a-token-of-20-digits").status == 200)

        statuses = []
        for _ in 0..<12 { statuses.append(try await answer("/in/relay/wrong", from: "198.51.100.1").status) }
        #expect(statuses.prefix(4) == [401, 401, 401, 401])
        #expect(statuses.contains(429))
        #expect(try await answer("/in/relay/a-token-of-20-digits").status == 200)
        let metrics = try await mogate.send("GET", "/metrics", toAdmin: true).body
        #expect(metrics.contains(#"mogate_requests_total{source="open",outcome="throttled"}"#))
        #expect(metrics.contains("\nmogate_strangers 1\n"))
        #expect(mogate.stop() == 0)
    }

    @Test func aSourceMayTakeLessThanOthers() async throws {
        let mogate = try await Self.started(
            """
              - {name: small, provider: telesign, auth: none, body: 1KiB}
              - {name: large, provider: telesign, auth: none}
            """)
        let body = Data(repeating: 0x20, count: 1_025)
        #expect(try await mogate.send("POST", "/in/small", body: body.dropLast()).status == 200)
        #expect(try await mogate.send("POST", "/in/small", body: body).status == 413)
        #expect(try await mogate.send("POST", "/in/large", body: body).status == 200)
        #expect(mogate.stop() == 0)
    }
}
