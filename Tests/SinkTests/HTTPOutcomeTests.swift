import Glibc
import Model
import Testing

@testable import Sinks

/// Goal: whatever a receiver does, an event is said to be taken, to be tried later, or never to be tried again, in time
/// and with no more of the receiver's answer read than is wanted (case 124).
///
/// Method: a receiver on the loopback address that does it.
@Suite(.timeLimit(.minutes(1)))
struct HTTPOutcomeTests {
    @Test func saysWhatEachStatusMeans() async throws {
        let meanings = [
            "200 OK": "taken", "201 Created": "taken", "202 Accepted": "taken", "204 No Content": "taken",
            "301 Moved Permanently": "never: redirect 301, which is not followed",
            "304 Not Modified": "never: redirect 304, which is not followed",
            "400 Bad Request": "never: status 400", "401 Unauthorized": "never: status 401",
            "404 Not Found": "never: status 404", "410 Gone": "gone: status 410",
            "413 Content Too Large": "never: status 413",
            "408 Request Timeout": "later: status 408", "425 Too Early": "later: status 425",
            "429 Too Many Requests": "later: status 429", "500 Internal Server Error": "later: status 500",
            "503 Service Unavailable": "later: status 503", "599 Whatever": "later: status 599",
            "999 Nonsense": "later: status 999",
        ]
        let statuses = meanings.keys.sorted()
        let receiver = try Receiver(statuses.map { .status($0) })
        let sink = try HTTPSink.open(to: receiver.url)
        for status in statuses {
            #expect(await sink.outcome() == meanings[status], "\(status)")
        }
        await sink.close()
        receiver.stop()
    }

    @Test func triesOnceAndKeepsTheName() async throws {
        let receiver = try Receiver([.status("500 No"), .status("500 No"), .status("200 OK")])
        let sink = try HTTPSink.open(to: receiver.url)
        var outcomes: [String] = []
        for _ in 0..<3 { outcomes.append(await sink.outcome()) }
        await sink.close()
        receiver.stop()
        #expect(outcomes == ["later: status 500", "later: status 500", "taken"])
        #expect(receiver.requests.count == 3)
        #expect(Set(receiver.requests.map { $0["webhook-id"] }) == [Sample.event(1).id.description])
        #expect(receiver.connections == 1)
    }

    @Test(arguments: [
        ("120", ", 120000 ms"), ("0", ", 0 ms"), ("99999999999999999999999", ", 9223372036854775807 ms"),
        ("Tue, 24 Nov 2026 10:30:30 GMT", ", 30000 ms"), ("Tue, 24 Nov 2026 10:29:30 GMT", ", 0 ms"),
        ("-5", ""), ("soon", ""), ("1.5", ""), ("", ""),
    ])
    func handsOnTheWaitThatWasAskedFor(_ field: String, _ wait: String) async throws {
        let receiver = try Receiver([.status("429 Slow down", "reTry-aFter:  \(field) \r\n")])
        let sink = try HTTPSink.open(to: receiver.url)
        #expect(await sink.outcome() == "later: status 429\(wait)")
        await sink.close()
        receiver.stop()
    }

    @Test func looksPastInterimAnswers() async throws {
        let receiver = try Receiver([
            .bytes(
                "HTTP/1.1 103 Early Hints\r\nRetry-After: 7\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
            .bytes("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
        ])
        let sink = try HTTPSink.open(to: receiver.url)
        #expect(await sink.outcome() == "later: status 503")
        #expect(await sink.outcome() == "taken")
        await sink.close()
        receiver.stop()
    }

    @Test func followsNoRedirect() async throws {
        let receiver = try Receiver { _, _ in
            .status("302 Found", "Location: /elsewhere\r\n")
        }
        let sink = try HTTPSink.open(to: receiver.url)
        #expect(await sink.outcome() == "never: redirect 302, which is not followed")
        await sink.close()
        receiver.stop()
        #expect(receiver.requests.map(\.startLine) == ["POST /in HTTP/1.1"])
    }

    // MARK: Receivers that do not behave

    @Test(arguments: [
        (Receiver.Answer.reset(""), "later: "),
        (.last(""), "later: Server returned nothing (no headers, no data)"),
        (.reset("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab"), "later: "),
        (.last("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab"), "later: Transferred a partial file"),
        (.last("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "later: "),
        (.last("hello\r\n"), "later: The answer is not HTTP/1.1"),
        (.last("\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}"), "later: The answer is not HTTP/1.1"),
        (.last("HTTP/1.1 2000 OK\r\n\r\n"), "later: "),
        (
            .last(
                "HTTP/1.1 200 OK\r\n"
                    + String(repeating: "X-Y: \(String(repeating: "a", count: 1_000))\r\n", count: 300)
                    + "\r\n"), "later: The header of the answer is too long"
        ),
        (.last("HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 300_000) + "\r\n\r\n"), "later: "),
        (.flood("HTTP/1.1 200 OK\r\nX: "), "later: "),
        (.hang(""), "later: Timeout was reached"),
        (.hang("HTTP/1.1 200 O"), "later: Timeout was reached"),
        (.hang("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), "later: Timeout was reached"),
        (.drip("HTTP/1.1 200 OK\r\nX: "), "later: Timeout was reached"),
        (.drip("HTTP/1.1 200 OK\r\n\r\n"), "later: Timeout was reached"),
    ])
    func triesLaterWhenNoWholeAnswerComes(_ answer: Receiver.Answer, _ outcome: String) async throws {
        let receiver = try Receiver([answer])
        let sink = try HTTPSink.open(to: receiver.url) { $0.timeoutMs = 1_000 }
        #expect(await sink.outcome().hasPrefix(outcome))
        await sink.close()
        receiver.stop()
    }

    @Test func readsNoEndlessAnswer() async throws {
        let receiver = try Receiver([
            .flood("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"), .flood("HTTP/1.1 200 OK\r\n\r\n"),
            .flood("HTTP/1.1 500 No\r\n\r\n"), .flood("HTTP/1.1 404 No\r\n\r\n"),
        ])
        let sink = try HTTPSink.open(to: receiver.url)
        #expect(await sink.outcome() == "taken")
        #expect(await sink.outcome() == "taken")
        #expect(await sink.outcome() == "later: status 500")
        #expect(await sink.outcome() == "never: status 404")
        await sink.close()
        receiver.stop()
        #expect(receiver.connections == 4)
    }

    @Test func triesLaterWhereNobodyListens() async throws {
        let receiver = try Receiver([])
        receiver.stop()
        let sink = try HTTPSink.open(to: receiver.url)
        #expect(await sink.outcome() == "later: Couldn't connect to server")
        await sink.close()
    }

    @Test func goesOnWithAnotherConnectionWhenOneWasClosed() async throws {
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let receiver = try Receiver([.last(ok), .last(ok), .bytes(ok), .bytes(ok)])
        let sink = try HTTPSink.open(to: receiver.url)
        for number in 1...4 { #expect(await sink.outcome(of: Sample.entry(number)) == "taken") }
        await sink.close()
        receiver.stop()
        #expect(receiver.requests.count == 4)
    }

    @Test func isBusyWithManyAtOnce() async throws {
        let receiver = try Receiver { number, _ in .status(number % 4 == 3 ? "500 No" : "204 No Content") }
        let sink = try HTTPSink.open(to: receiver.url) { $0.concurrency = 8 }
        let outcomes = await withTaskGroup(of: [String].self) { tasks in
            for lane in 0..<8 {
                tasks.addTask {
                    var outcomes: [String] = []
                    for number in 0..<25 { outcomes.append(await sink.outcome(of: Sample.entry(lane * 25 + number))) }
                    return outcomes
                }
            }
            return await tasks.reduce(into: []) { $0 += $1 }
        }
        await sink.close()
        receiver.stop()
        #expect(outcomes.count { $0 == "taken" } == 150)
        #expect(outcomes.count { $0 == "later: status 500" } == 50)
        #expect(Set(receiver.requests.map { $0["webhook-id"] }).count == 200)
        #expect(receiver.connections <= 8)
    }

    @Test func givesUpWhatIsUnderWayWhenItIsClosed() async throws {
        let receiver = try Receiver([.hang("HTTP/1.1 200 OK\r\n")])
        let sink = try HTTPSink.open(to: receiver.url) { $0.timeoutMs = 300_000 }
        async let outcome = sink.outcome()
        await receiver.firstRequest()
        await sink.close()
        #expect(await outcome == "later: the sink was closed")
        receiver.stop()
    }
}
