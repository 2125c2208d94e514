import Front
import Model
import Testing
import Threads

/// Goal: a request is answered with what the handler says, once, however its bytes come.
///
/// Method: real sockets over loopback.
@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    @Test func handsOutTheRequestAndSendsTheReply() async throws {
        let received = Lock<[Webhook]>([])
        let handler: Front.Handler = { webhook in
            received.withLock { $0.append(webhook) }
            return Reply(
                status: 202, contentType: "application/json", body: Array("{\"ok\":1}".utf8),
                headers: [Reply.Header(name: "X-Id", value: "7")])
        }
        try await OpenDoor.with(handler: handler) { door in
            let client = try door.client()
            try await client.send(.post("/in/a%2Fb?x=1&y", body: "hei", fields: ["X-Sig: abc"]))
            let response = try await client.response()
            #expect(
                response.head
                    == "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 8\r\nX-Id: 7")
            #expect(response.body == "{\"ok\":1}")
            let webhook = try #require(received.withLock { $0.first })
            #expect(webhook.method == "POST")
            #expect(webhook.path == "/in/a%2Fb")
            #expect(webhook.query == "x=1&y")
            #expect(webhook.headers["x-sig"] == "abc")
            #expect(webhook.body == Array("hei".utf8))
            #expect(webhook.peer == "127.0.0.1")
            #expect(webhook.receivedAt == OpenDoor.receivedAt)
        }
    }

    @Test func usesAConnectionAgain() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            for _ in 0..<3 {
                try await client.send(.post())
                #expect(try await client.response().body == "ok")
            }
            let counters = await door.front.counters
            #expect(counters.requests == 3)
            #expect(counters.connectionsAccepted == 1)
            #expect(counters.connectionsOpen == 1)
            #expect(counters.requestsInFlight == 0)
            #expect(counters.bytesRead == Int64(3 * String.post().utf8.count))
        }
    }

    /// Replies that are the same object are put together once: it must not show.
    @Test func sendsOneReplyToManyAsEachIsToHaveIt() async throws {
        let usual = Reply(status: 200, contentType: "application/json", body: Array("{}".utf8))
        let other = Reply.failure(401, "unauthorized")
        let handler: Front.Handler = { $0.path == "/other" ? other : usual }
        try await OpenDoor.with(handler: handler) { door in
            let client = try door.client()
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2"
            for path in ["/in", "/in", "/other", "/in", "/other", "/in"] {
                try await client.send(.post(path))
                let response = try await client.response()
                let expected = path == "/other" ? other : usual
                #expect(response.body == String(decoding: expected.body, as: UTF8.self))
                #expect(response.status.hasSuffix(path == "/other" ? "401 Unauthorized" : "200 OK"))
            }
            try await client.send("HEAD /in HTTP/1.1\r\nHost: gateway\r\n\r\n")
            #expect(try await client.response(hasBody: false).head == head)
            try await client.send(.post("/in"))
            let whole = try await client.response()
            #expect(whole.head == head && whole.body == "{}")
            try await client.send(.post("/in", fields: ["Connection: close"]))
            #expect(try await client.response().head == head + "\r\nConnection: close")
            #expect(try await client.rest() == "")
        }
    }

    @Test func closesWhenTheSenderAsksForIt() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await client.send(.post(fields: ["Connection: close"]))
            #expect(try await client.response().header("connection") == "close")
            #expect(try await client.rest() == "")
        }
    }

    @Test func closesWhenTheReplySaysSo() async throws {
        let handler: Front.Handler = { _ in .failure(404, "no such place", closes: true) }
        try await OpenDoor.with(handler: handler) { door in
            let client = try door.client()
            try await client.send(.post())
            let response = try await client.response()
            #expect(response.status == "HTTP/1.1 404 Not Found")
            #expect(response.header("connection") == "close")
            #expect(try await client.rest() == "")
        }
    }

    @Test func readsARequestByteByByte() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            var count: Int64 = 0
            for byte in String.post(body: "a body").utf8 {
                try await client.send([byte])
                count += 1
                let expected = count
                try await door.until { $0.bytesRead == expected }
            }
            #expect(try await client.response().body == "ok")
        }
    }

    @Test func readsABodyOfManyPieces() async throws {
        let handler: Front.Handler = { Reply(status: 200, body: Array(String($0.body.count).utf8)) }
        try await OpenDoor.with(handler: handler) { door in
            let client = try door.client()
            try await client.send(.post(body: String(repeating: "x", count: Limits().bodyBytesMax)))
            #expect(try await client.response().body == "1048576")
        }
    }

    @Test func answersTheFirstOfSeveralRequestsInARow() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await client.send(String(repeating: .post(), count: 3))
            let response = try await client.response()
            #expect(response.body == "ok")
            #expect(response.header("connection") == "close")
            #expect(try await client.rest() == "")
            #expect(await door.front.counters.requests == 1)
        }
    }

    @Test func doesNotReadWhatComesBehindARequestThatWaits() async throws {
        try await OpenDoor.withGate { door, gate in
            let client = try door.client()
            try await client.send(.post())
            try await door.until { $0.requestsInFlight == 1 }
            try await client.send(.post())
            // A request on another connection is answered after what came before it was seen.
            let other = try door.client()
            try await other.send(.post())
            try await door.until { $0.requestsInFlight == 2 }
            await gate.open()
            #expect(try await client.response().header("connection") == "close")
            #expect(try await client.rest() == "")
            #expect(try await other.response().header("connection") == nil)
            #expect(await door.front.counters.requests == 2)
        }
    }

    @Test func tellsASenderToGoOn() async throws {
        let handler: Front.Handler = { Reply(status: 200, body: $0.body) }
        try await OpenDoor.with(handler: handler) { door in
            let client = try door.client()
            let request = String.post(body: "later", fields: ["Expect: 100-continue"])
            try await client.send(String(request.dropLast(5)))
            #expect(try await client.response().head == "HTTP/1.1 100 Continue")
            try await client.send("later")
            #expect(try await client.response().body == "later")
            // Who sends the body without waiting is not told.
            try await client.send(request)
            #expect(try await client.response().body == "later")
        }
    }

    @Test func answersASenderThatHasEndedItsSide() async throws {
        try await OpenDoor.withGate { door, gate in
            let client = try door.client()
            try await client.send(.post())
            await client.endSending()
            try await door.until { $0.requestsInFlight == 1 }
            await gate.open()
            #expect(try await client.response().status == "HTTP/1.1 200 OK")
            #expect(try await client.rest() == "")
            try await door.until { $0.connectionsOpen == 0 }
        }
    }

    @Test func forgetsARequestThatWasCutShort() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await client.send(String(String.post(body: "whole").dropLast(2)))
            await client.endSending()
            #expect(try await client.rest() == "")
            let counters = await door.front.counters
            #expect(counters.requests == 0)
            #expect(counters.connectionsOpen == 0)
        }
    }

    @Test func dropsTheReplyOfASenderThatWent() async throws {
        let gate = Gate()
        let handler: Front.Handler = { webhook in
            if webhook.path == "/waits" { await gate.pass() }
            return Reply(status: 200)
        }
        try await OpenDoor.with(handler: handler) { door in
            for sent in 1...20 {
                let client = try door.client()
                try await client.send(.post("/waits"))
                try await door.until { $0.requests == sent }
                await client.breakOff()
            }
            try await door.until { $0.connectionsOpen == 0 }
            #expect(await door.front.counters.requestsInFlight == 20)
            await gate.open()
            try await door.until { $0.repliesDropped == 20 }
            #expect(await door.front.counters.requestsInFlight == 0)
            let client = try door.client()
            try await client.send(.post())
            #expect(try await client.response().status == "HTTP/1.1 200 OK")
        }
    }

    @Test func takesRepliesFromAnotherThread() async throws {
        let desk = Desk()
        let handler: Front.Handler = { webhook in
            Reply(status: 200, body: await desk.work(on: webhook.body))
        }
        try await OpenDoor.with(handler: handler) { door in
            let clients = try (0..<8).map { _ in try door.client() }
            for round in 0..<50 {
                for (index, client) in clients.enumerated() {
                    try await client.send(.post(body: "\(round) \(index)"))
                }
                for (index, client) in clients.enumerated() {
                    #expect(try await client.response().body == "\(round) \(index) done")
                }
            }
        }
        desk.thread.stop()
    }

    @Test func callsTheHandlerOnTheThreadOfTheLoop() async throws {
        let answers = Lock<[Bool]>([])
        let loops = Lock<[EventLoop]>([])
        let handler: Front.Handler = { _ in
            answers.withLock { answers in
                answers.append(loops.withLock { $0[0].isCurrent })
            }
            return Reply(status: 200)
        }
        try await OpenDoor.with(handler: handler) { door in
            loops.withLock { $0.append(door.loop) }
            let client = try door.client()
            try await client.send(.post())
            _ = try await client.response()
            #expect(answers.withLock { $0 } == [true])
        }
    }

    @Test func sendsNoBodyToHead() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await client.send("HEAD / HTTP/1.1\r\nHost: gateway\r\n\r\n")
            let response = try await client.response(hasBody: false)
            #expect(response.header("content-length") == "2")
            try await client.send(.post(fields: ["Connection: close"]))
            #expect(try await client.response().status == "HTTP/1.1 200 OK")
            #expect(try await client.rest() == "")
        }
    }

    @Test func sendsALargeReplyWhole() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
        let handler: Front.Handler = { _ in Reply(status: 200, body: body) }
        try await OpenDoor.with(handler: handler) { door in
            let client = try door.client()
            for _ in 0..<2 {
                try await client.send(.post())
                #expect(try await client.response().body.utf8.count == body.count)
            }
        }
    }
}

/// Someone who works on a thread of its own.
private actor Desk {
    nonisolated let thread = WorkThread(name: "desk")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func work(on body: [UInt8]) -> [UInt8] {
        body + Array(" done".utf8)
    }
}
