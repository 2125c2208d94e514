import FolderKit
import Foundation
import Journal
import Testing

/// Goal: what the catalogue of hostile inputs says of a running server is so, each case under its number.
///
/// Method: the real binary, with bytes that no client would send. What the reader alone decides is tried on it alone, in
/// `HTTPRequestReaderCaseTests`.
@Suite(.timeLimit(.minutes(3)))
struct HostileRequestTests {
    private static func started(_ sources: String? = nil, limits: String = "") async throws -> RunningMogate {
        try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#,
            limits: limits,
            sources: sources ?? RunningMogate.sources + "\n  - {name: open, provider: telesign, auth: none}")
    }

    /// Requests, events and quarantine.
    private static func counts(of mogate: RunningMogate) async throws -> [Int64] {
        let browser = try SQLiteBrowser(path: mogate.folder.path("mogate.db"))
        let counts = try await browser.counts()
        await browser.close()
        return [counts.requests, counts.events, counts.quarantine]
    }

    private static let smuggled = "POST /in/open HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"

    private static func post(_ fields: String, _ rest: String) -> String {
        "POST /in/open HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(rest)"
    }

    /// Cases 6, 10, 12, 13, 17, 29 and 39: servers are known that serve the request within the request.
    @Test func noRequestWithinARequestIsServed() async throws {
        let mogate = try await Self.started()
        for text in [
            Self.post("Content-Length: -0", Self.smuggled), Self.post("Content-Length : 35", Self.smuggled),
            Self.post("Transfer-Encoding: xchunked", Self.smuggled),
            Self.post("Transfer-Encoding: gzip", Self.smuggled),
            Self.post("Transfer-Encoding: \u{B}chunked", Self.smuggled),
            Self.post("Transfer-Encoding: \"chunked\"", Self.smuggled),
            Self.post("Transfer-Encoding: identity", Self.smuggled),
            Self.post("Transfer-Encoding:", Self.smuggled), Self.post("\u{0}X-Note: a", Self.smuggled),
            "HEAD /in/open HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.smuggled.utf8.count)\r\n\r\n\(Self.smuggled)",
        ] {
            let answers = try mogate.raw(text)
            #expect(answers.hasPrefix("HTTP/1.1 4"), "\(answers)")
            #expect(answers.components(separatedBy: "HTTP/1.1 ").count == 2, "\(answers)")
            #expect(answers.contains("Connection: close"))
        }
        #expect(try await Self.counts(of: mogate) == [0, 0, 0])
        #expect(mogate.stop() == 0)
    }

    /// Case 41: of three in a row the first is answered, and the others are for their sender to send again.
    @Test func case41() async throws {
        let mogate = try await Self.started()
        let answers = try mogate.raw(String(repeating: Self.smuggled, count: 3))
        #expect(answers.hasPrefix("HTTP/1.1 200 "))
        #expect(answers.components(separatedBy: "HTTP/1.1 ").count == 2)
        #expect(mogate.stop() == 0)
    }

    /// Cases 44 and 57: what is not whole, and what is too long, leaves nothing behind.
    @Test func case44and57() async throws {
        let mogate = try await Self.started()
        for text in [
            Self.post("Content-Length: 3", "{}"), "POST /in/open HTTP/1.1\r\nHost: a\r\nContent-Le",
            Self.post("Transfer-Encoding: chunked", "5\r\n{}"),
        ] {
            #expect(try mogate.raw(text) == "")
        }
        let long = String(repeating: " ", count: 1_048_577)
        for text in [
            Self.post("Content-Length: 1048577", long),
            Self.post("Transfer-Encoding: chunked", "100001\r\n" + long),
            Self.post("Expect: 100-continue\r\nContent-Length: 1048577", ""),
        ] {
            #expect(try mogate.raw(text).hasPrefix("HTTP/1.1 413 "))
        }
        #expect(try await Self.counts(of: mogate) == [0, 0, 0])
        #expect(mogate.stop() == 0)
    }

    /// Case 47: no version of ours, no error of ours, and nothing on paths that are none.
    @Test func case47() async throws {
        let mogate = try await Self.started()
        for path in ["/", "/index.html", "/.git/config", "/metrics", "/healthz", "/in", "/in/open/../..", "/api/v1/"] {
            for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
                let answer = try mogate.raw("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 4"), "\(method) \(path): \(answer)")
                #expect(!answer.lowercased().contains("server:") && !answer.lowercased().contains("mogate"))
            }
        }
        #expect(mogate.stop() == 0)
    }

    /// Cases 63 and 64.
    @Test func case63and64() async throws {
        let mogate = try await Self.started()
        // It is sent with the sender's end behind it.
        #expect(try mogate.raw(Self.smuggled).hasPrefix("HTTP/1.1 200 "))
        let bomb = Self.post("Content-Encoding: gzip\r\nContent-Length: 1000", "")
        #expect(try mogate.raw(bomb).hasPrefix("HTTP/1.1 415 "))
        #expect(mogate.stop() == 0)
    }

    /// Case 76: what is authentic is kept byte by byte and answered 200, whichever document of JSONTestSuite it is.
    @Test func case76() async throws {
        let mogate = try await Self.started()
        let folder = Repository.root.appending(path: "Tests/JSONTestSuite")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        var sent: Set<[UInt8]> = []
        for name in names {
            let callback = Callback.signed(try Data(contentsOf: folder.appending(path: name)))
            let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            #expect(answer.status == 200, "\(name)")
            sent.insert([UInt8](callback.body))
        }
        #expect(sent.count > 300)
        let browser = try SQLiteBrowser(path: mogate.folder.path("mogate.db"))
        var kept: [[UInt8]] = []
        var next: Int64? = 0
        while let after = next {
            let page = try await browser.quarantine(after: after, limit: 100)
            kept += page.items.map(\.body)
            next = page.next
        }
        await browser.close()
        #expect(Set(kept) == sent && kept.count == sent.count)
        #expect(mogate.stop() == 0)
    }

    /// Case 136: whatever a sender says, what is logged of it are lines of JSON, of at most 4 KiB and harmless.
    @Test(arguments: [
        "a\r\nb", "\u{1B}[31mred\u{1B}]0;title\u{7}", "a\0b", "\u{9B}31m", "\u{202E}gpj.exe\u{202C}",
        "\u{2028}\u{200B}\u{FEFF}",
        #"\r\n\u001b[31m\u0000\u009b\u202e"#, "\"},{\"level\":\"x", String(repeating: "å", count: 1 << 17),
    ])
    func case136(_ text: String) async throws {
        let mogate = try await Self.started(limits: "accessLog: true")
        let short = String(text.prefix(1_000))
        for request in [
            "POST /in/\(short) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "POST /in/open?\(short) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "\(short) /in/open HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "POST /in/telesign HTTP/1.1\r\nHost: \(short)\r\nContent-Length: 0\r\n\r\n",
            "POST /in/telesign HTTP/1.1\r\nHost: a\r\nUser-Agent: \(short)\r\nAuthorization: \(short)\r\n"
                + "X-Forwarded-For: \(short)\r\ntraceparent: \(short)\r\nContent-Length: 0\r\n\r\n",
        ] {
            _ = try mogate.raw(request)
        }
        for body in [
            text, #"{"\#(text)":1,"reference_id":"R1","sub_resource":"\#(text)"}"#,
            #"{"reference_id":"\#(text)","sub_resource":"mo_sms","user_response":{"\#(text)":1,"phone_number":"\#(text)"}}"#,
        ] {
            let callback = Callback.signed(body)
            let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            #expect(answer.status == 200)
        }
        _ = try await mogate.logLine { $0["message"] == "quarantined" }
        #expect(mogate.stop() == 0)
        let lines = mogate.logText.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count > 8 && lines.last == "")
        for line in lines.dropLast() {
            #expect(line.utf8.count < 4_096)
            #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: String], "\(line)")
            #expect(
                line.unicodeScalars.allSatisfy { ![.control, .format].contains($0.properties.generalCategory) },
                "\(line)")
        }
    }

    /// Case 86: an authentic body that says nothing is kept and answered 200; without a signature it is 401 first.
    @Test func case86() async throws {
        let mogate = try await Self.started()
        for body in ["", " ", "1", "[]", "null"] {
            let callback = Callback.signed(body)
            let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            #expect(answer.status == 200, "`\(body)`")
            #expect(try await mogate.send("POST", "/in/telesign", body: callback.body).status == 401)
        }
        #expect(try await Self.counts(of: mogate) == [5, 0, 5])
        #expect(mogate.stop() == 0)
    }

    /// Case 88: signatures that are none, and two of them. Cases 89 and 95: over another body, or of another vendor.
    @Test func case88and89and95() async throws {
        let mogate = try await Self.started()
        let (headers, body) = Callback.telesign("R1")
        let right = try #require(headers.first { $0.0 == "Authorization" }?.1)
        let mark = right.lastIndex(of: ":")!
        let code = String(right[right.index(after: mark)...])
        let account = right[...mark]
        func status(_ value: String, _ body: Data, path: String = "/in/telesign") async throws -> Int {
            try await mogate.send("POST", path, headers: [("Authorization", value)], body: body).status
        }
        let values: [String] = [
            "", "TSA", "TSA ", "\(account)", "\(account)\(code.dropLast())", "\(account)\(code)A", "\(account)!\(code)",
            "TSA :\(code)", "Basic \(code)", "\(code)",
        ]
        for value in values {
            #expect(try await status(value, body) == 401, "\(value)")
        }
        let twice =
            "POST /in/telesign HTTP/1.1\r\nHost: a\r\nAuthorization: \(right)\r\nAuthorization: \(right)\r\n"
            + "Content-Length: \(body.count)\r\n\r\n" + String(decoding: body, as: UTF8.self)
        #expect(try mogate.raw(twice).hasPrefix("HTTP/1.1 401 "))
        #expect(try await status(right, body + Data("\n".utf8)) == 401)
        #expect(try await status(right, body.dropLast()) == 401)
        #expect(try await status(right, body, path: "/in/mta") == 401)
        #expect(try await mogate.send("POST", "/in/mta", headers: [("X-Signature", code)], body: body).status == 401)
        #expect(try await status(right, body) == 200)
        #expect(try await Self.counts(of: mogate)[0] == 1)
        #expect(mogate.stop() == 0)
    }

    /// Case 92: the same callback fifty times at once is one event, and every sender hears 200.
    @Test func case92() async throws {
        let mogate = try await Self.started()
        let callback = Callback.telesign("R1")
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask {
                    try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body).status
                }
            }
            for try await status in group { #expect(status == 200) }
        }
        #expect(try await Self.counts(of: mogate)[1] == 1)
        #expect(mogate.stop() == 0)
        #expect(mogate.lines(of: "events.ndjson").count == 1)
    }
}
