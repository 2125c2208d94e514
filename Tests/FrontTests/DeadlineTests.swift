import Front
import Model
import Testing

/// Goal: nobody holds a connection longer than the limits say, however busy they look.
///
/// Method: real sockets, and a clock that the test moves.
@Suite(.timeLimit(.minutes(1)))
struct DeadlineTests {
    @Test func endsASlowHead() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            // A byte now and then does not buy more time.
            for (index, byte) in "POST / HTT".utf8.enumerated() {
                try await client.send([byte])
                try await door.until { $0.bytesRead == index + 1 }
                #expect(await door.front.counters.connectionsOpen == 1)
                await door.pass(milliseconds: 1_000)
            }
            let response = try await client.response()
            #expect(response.status == "HTTP/1.1 408 Request Timeout")
            #expect(response.header("connection") == "close")
            #expect(try await client.rest() == "")
            let counters = await door.front.counters
            #expect(counters.refusals == [408: 1])
            #expect(counters.connectionsTimedOut == 1)
        }
    }

    @Test func endsASlowBody() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            let request = String(String.post(body: "never whole").dropLast(1))
            try await client.send(request)
            try await door.until { $0.bytesRead == request.utf8.count }
            await door.pass(milliseconds: 29_999)
            #expect(await door.front.counters.refusals == [:])
            await door.pass(milliseconds: 1)
            #expect(try await client.response().status == "HTTP/1.1 408 Request Timeout")
            #expect(try await client.rest() == "")
        }
    }

    /// As after a time in which the process stood still: the end is there before anyone has looked at the deadlines.
    @Test func takesNothingThatEndsAfterItsTime() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            let request = String.post(body: "whole, but late")
            try await client.send(String(request.dropLast(1)))
            try await door.until { $0.bytesRead == request.utf8.count - 1 }
            door.clock.advance(byMilliseconds: 30_000)
            try await client.send(String(request.suffix(1)))
            #expect(try await client.response().status == "HTTP/1.1 408 Request Timeout")
            #expect(await door.front.counters.requests == 0)
        }
    }

    @Test func closesASilentConnectionWithoutAWord() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            await door.pass(milliseconds: 9_999)
            #expect(await door.front.counters.connectionsOpen == 1)
            await door.pass(milliseconds: 1)
            #expect(try await client.rest() == "")
            #expect(await door.front.counters.connectionsTimedOut == 1)
        }
    }

    @Test func closesAnIdleConnectionWithoutAWord() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            await door.pass(milliseconds: 5_000)
            try await client.send(.post())
            #expect(try await client.response().body == "ok")
            await door.pass(milliseconds: 59_999)
            try await client.send("P")
            try await door.until { $0.bytesRead == String.post().utf8.count + 1 }
            // The second request has the whole time of a request again.
            await door.pass(milliseconds: 9_999)
            try await client.send(String(String.post().dropFirst()))
            #expect(try await client.response().body == "ok")
            await door.pass(milliseconds: 60_000)
            #expect(try await client.rest() == "")
        }
    }

    @Test func waitsForTheHandlerAsLongAsItTakes() async throws {
        try await OpenDoor.withGate { door, gate in
            let client = try door.client()
            try await client.send(.post())
            try await door.until { $0.requestsInFlight == 1 }
            await door.pass(milliseconds: 1_000_000)
            await gate.open()
            #expect(try await client.response().status == "HTTP/1.1 200 OK")
        }
    }

    @Test func closesOnWhoDoesNotTakeItsReply() async throws {
        let body = [UInt8](repeating: 0, count: 32 << 20)
        let handler: Front.Handler = { _ in Reply(status: 200, body: body) }
        try await OpenDoor.with(handler: handler) { door in
            let client = try door.client(receiveBytes: 4_096)
            try await client.send(.post())
            try await door.until { $0.bytesWritten > body.count }
            await door.pass(milliseconds: 9_999)
            #expect(await door.front.counters.connectionsOpen == 1)
            await door.pass(milliseconds: 1)
            let counters = await door.front.counters
            #expect(counters.connectionsOpen == 0)
            #expect(counters.connectionsTimedOut == 1)
            #expect(await client.countToAnyEnd() < body.count)
        }
    }

    @Test func lingersForAMomentOnly() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await client.send("nonsense\r\n\r\n")
            #expect(try await client.response().status == "HTTP/1.1 400 Bad Request")
            #expect(await door.front.counters.connectionsOpen == 1)
            await door.pass(milliseconds: 1_000)
            let counters = await door.front.counters
            #expect(counters.connectionsOpen == 0)
            #expect(counters.connectionsTimedOut == 0)
        }
    }

    @Test func looksAtTheDeadlinesByItself() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            door.clock.advance(byMilliseconds: 10_000)
            #expect(try await client.rest() == "")
        }
    }
}
