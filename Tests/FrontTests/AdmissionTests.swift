import Front
import Model
import Testing
import Threads

/// Goal: who is not let in sends no body, and what all requests take up in memory stays within its bound.
@Suite(.timeLimit(.minutes(1)))
struct AdmissionTests {
    @Test func turnsARequestAwayByItsHead() async throws {
        let shown = Lock<[Webhook]>([])
        let gate: Front.Gate = { head in
            shown.withLock { $0.append(head) }
            return .refused(.failure(429, "later", headers: [.init(name: "Retry-After", value: "9")]))
        }
        try await OpenDoor.with(gate: gate) { door in
            let client = try door.client()
            // The body is not there, and is not waited for.
            try await client.send("POST /in/x HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000\r\n\r\n")
            let response = try await client.response()
            #expect(response.status == "HTTP/1.1 429 Too Many Requests")
            #expect(response.header("retry-after") == "9")
            #expect(response.header("connection") == "close")
            #expect(try await client.rest() == "")
            #expect(shown.withLock { $0.map(\.path) } == ["/in/x"])
            #expect(shown.withLock { $0.map(\.peer) } == ["127.0.0.1"])
            let counters = await door.front.counters
            #expect(counters.requests == 0 && counters.refusals == [:] && counters.bytesHeld == 0)
        }
    }

    @Test func neverAsksForABodyThatItWillNotTake() async throws {
        let gate: Front.Gate = { _ in .refused(.failure(401, "no")) }
        try await OpenDoor.with(gate: gate) { door in
            let client = try door.client()
            try await client.send(
                "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await client.response().status == "HTTP/1.1 401 Unauthorized")
            #expect(try await client.rest() == "")
        }
    }

    @Test func sendsNoBodyToAHeadThatIsTurnedAway() async throws {
        let gate: Front.Gate = { _ in .refused(.failure(405, "no")) }
        try await OpenDoor.with(gate: gate) { door in
            let client = try door.client()
            try await client.send("HEAD / HTTP/1.1\r\nHost: gateway\r\n\r\n")
            #expect(try await client.response(hasBody: false).header("content-length") == "14")
            #expect(try await client.rest() == "")
        }
    }

    @Test func boundsTheBodyOfOneSource() async throws {
        let gate: Front.Gate = { head in
            .admitted(bodyBytesMax: head.path == "/small" ? 10 : nil) { _ in Reply(status: 200, body: Array("ok".utf8))
            }
        }
        try await OpenDoor.with(gate: gate) { door in
            let small = try door.client()
            try await small.send(.post("/small", body: "0123456789"))
            #expect(try await small.response().status == "HTTP/1.1 200 OK")
            try await small.send(.post("/small", body: "0123456789a"))
            #expect(try await small.response().status == "HTTP/1.1 413 Content Too Large")
            let other = try door.client()
            try await other.send(.post("/other", body: "0123456789a"))
            #expect(try await other.response().status == "HTTP/1.1 200 OK")
        }
    }

    @Test func endsTheLargestUnfinishedRequestWhereMemoryIsShort() async throws {
        var limits = Limits()
        limits.bytesHeldMax = 400_000
        try await OpenDoor.with(limits: limits) { door in
            let start = "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n"
            let large = try door.client()
            try await large.send(start + String(repeating: "x", count: 180_000))
            try await door.until { $0.bytesRead == start.utf8.count + 180_000 }
            #expect(await door.front.counters.bytesHeld >= 180_000)
            let small = try door.client()
            try await small.send(start + String(repeating: "x", count: 60_000))
            try await door.until { $0.bytesRead == 2 * start.utf8.count + 240_000 }
            try await large.send(String(repeating: "x", count: 300_000))
            let response = try await large.response()
            #expect(response.status == "HTTP/1.1 503 Service Unavailable")
            #expect(response.header("retry-after") == "5")
            #expect(await door.front.counters.bytesHeld < limits.bytesHeldMax)
            // The smaller one is still there, and so is room for others.
            let other = try door.client()
            try await other.send(.post())
            #expect(try await other.response().status == "HTTP/1.1 200 OK")
            await small.endSending()
            #expect(try await small.rest() == "")
            try await door.until { $0.bytesHeld == 0 }
        }
    }

    @Test func countsWhatHandlersHold() async throws {
        var limits = Limits()
        limits.bytesHeldMax = 1_000
        try await OpenDoor.withGate(limits: limits) { door, gate in
            let first = try door.client()
            try await first.send(.post(body: String(repeating: "x", count: 800)))
            try await door.until { $0.requestsInFlight == 1 }
            #expect(await door.front.counters.bytesHeld > 800)
            let second = try door.client()
            try await second.send(.post(body: String(repeating: "x", count: 200)))
            #expect(try await second.response().status == "HTTP/1.1 503 Service Unavailable")
            // Who breaks off gives nothing back before the handler has.
            await first.breakOff()
            try await door.until { $0.connectionsOpen == 1 }
            #expect(await door.front.counters.bytesHeld > 800)
            await gate.open()
            try await door.until { $0.bytesHeld == 0 }
        }
    }
}
