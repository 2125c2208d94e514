import Front
import Model
import Testing

/// Goal: a proxy of ours says for whom it speaks before it says anything else, and nobody else does.
@Suite(.timeLimit(.minutes(1)))
struct ArrivalTests {
    private static let loopback = ["127.0.0.1"].compactMap { IPNetwork($0) }
    private static let handler: Front.Handler = { Reply(status: 200, body: Array($0.peer.utf8)) }
    private static let header = "PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n"

    @Test func aProxyIsBelieved() async throws {
        try await OpenDoor.with(announcers: Self.loopback, handler: Self.handler) { door in
            let client = try door.client()
            // The request comes in one piece with the header, and its end later.
            try await client.send(Self.header + String(String.post().dropLast(1)))
            try await client.send("}")
            #expect(try await client.response().body == "203.0.113.9")
            try await client.send(.post())
            #expect(try await client.response().body == "203.0.113.9")
            let itself = try door.client()
            try await itself.send("PROXY UNKNOWN\r\n" + .post())
            #expect(try await itself.response().body == "127.0.0.1")
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PROXY TCP4 nobody 127.0.0.1 1 2\r\n"])
    func aProxyThatSaysNothingOfItIsNotHeard(_ text: String) async throws {
        try await OpenDoor.with(announcers: Self.loopback, handler: Self.handler) { door in
            let client = try door.client()
            try await client.send(text)
            #expect(await client.countToAnyEnd() == 0)
            let counters = await door.front.counters
            #expect(counters.connectionsOpen == 0 && counters.requests == 0 && counters.refusals == [400: 1])
        }
    }

    @Test func nobodyElseIsBelieved() async throws {
        try await OpenDoor.with(announcers: Self.loopback, handler: Self.handler) { door in
            let stranger = try door.client(from: "127.0.0.2")
            try await stranger.send(Self.header + .post())
            #expect(try await stranger.response().status == "HTTP/1.1 400 Bad Request")
            let plain = try door.client(from: "127.0.0.2")
            try await plain.send(.post())
            #expect(try await plain.response().body == "127.0.0.2")
        }
    }

    /// As every request is that was sent by then, whether its connection was taken in or waited for that.
    @Test func whoSpokeBeforeTheDoorClosedIsAnswered() async throws {
        try await OpenDoor.with(announcers: Self.loopback, handler: Self.handler) { door in
            let known = try door.client()
            let begun = try door.client()
            try await begun.send("PROXY ")
            try await door.until { $0.connectionsOpen == 2 }
            var waiting: [Client] = []
            let drained = try await door.front.drained {
                waiting = [known, try door.client()]
                for client in waiting {
                    try await client.send(Self.header + .post())
                    try await client.untilDelivered()
                }
            }
            try await begun.send(Self.header.dropFirst(6) + .post())
            for client in waiting + [begun] {
                let refusal = try await client.response()
                #expect(refusal.status == "HTTP/1.1 503 Service Unavailable")
                #expect(refusal.header("retry-after") == "5")
                await client.endSending()
            }
            await drained.value
            #expect(await door.front.counters.connectionsOpen == 0)
        }
    }

    @Test func whoDoesNotGoOnIsNotWaitedForAtTheEnd() async throws {
        try await OpenDoor.with(announcers: Self.loopback, handler: Self.handler) { door in
            let (begun, silent, malformed) = (try door.client(), try door.client(), try door.client())
            try await door.until { $0.connectionsOpen == 3 }
            let drained = try await door.front.drained {
                for (client, text) in [(begun, "PROXY "), (silent, Self.header), (malformed, "GET /")] {
                    try await client.send(text)
                    try await client.untilDelivered()
                }
            }
            // Behind a header as without one: where no byte of a request has come, none is waited for.
            for client in [silent, malformed] { #expect(await client.countToAnyEnd() == 0) }
            #expect(await door.front.counters.connectionsOpen == 1)
            await door.pass(milliseconds: 5_000)
            #expect(await begun.countToAnyEnd() == 0)
            await drained.value
        }
    }

    @Test func nobodyWaitsForItForLong() async throws {
        try await OpenDoor.with(announcers: Self.loopback, handler: Self.handler) { door in
            let client = try door.client()
            try await client.send("PROXY ")
            try await door.until { $0.connectionsOpen == 1 }
            await door.pass(milliseconds: 4_999)
            #expect(await door.front.counters.connectionsOpen == 1)
            await door.pass(milliseconds: 1)
            #expect(await client.countToAnyEnd() == 0)
            #expect(await door.front.counters.connectionsTimedOut == 1)
            // Nor does the door when it closes.
            let other = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            await door.front.drain(withinMs: 10_000)
            #expect(await other.countToAnyEnd() == 0)
        }
    }
}
