import Front
import Model
import Testing
import Threads

/// Goal: the door opens where it is told, and closes without losing an answer.
@Suite(.timeLimit(.minutes(1)))
struct DoorTests {
    @Test func answersWhatIsInFlightWhileItCloses() async throws {
        try await OpenDoor.withGate { door, gate in
            let waiting = try door.client()
            try await waiting.send(.post())
            try await door.until { $0.requestsInFlight == 1 }
            let idle = try door.client()
            let begun = try door.client()
            try await begun.send("PO")
            let bytesRead = Int64(String.post().utf8.count + 2)
            try await door.until { $0.bytesRead == bytesRead && $0.connectionsOpen == 3 }

            async let end: Void = door.front.drain(withinMs: 10_000)
            #expect(try await idle.rest() == "")
            #expect(throws: Client.Failure.self) { try door.client() }
            try await begun.send(String(String.post().dropFirst(2)))
            let refusal = try await begun.response()
            #expect(refusal.status == "HTTP/1.1 503 Service Unavailable")
            #expect(refusal.header("retry-after") == "5")
            #expect(try await begun.rest() == "")
            await begun.endSending()
            await gate.open()
            let response = try await waiting.response()
            #expect(response.status == "HTTP/1.1 200 OK")
            #expect(response.header("connection") == "close")
            await waiting.endSending()
            await end
            let counters = await door.front.counters
            #expect(counters.connectionsOpen == 0)
            #expect(counters.requestsInFlight == 0)
        }
    }

    @Test func closesWhatIsLeftWhenTheTimeIsOver() async throws {
        try await OpenDoor.withGate { door, gate in
            let client = try door.client()
            try await client.send(.post())
            try await door.until { $0.requestsInFlight == 1 }
            async let end: Void = door.front.drain(withinMs: 5_000)
            // The door is closed once nobody gets in.
            try await door.until { !$0.isAccepting }
            #expect(throws: Client.Failure.self) { try door.client() }
            await door.pass(milliseconds: 5_000)
            await end
            #expect(await client.countToAnyEnd() == 0)
            await gate.open()
            try await door.until { $0.repliesDropped == 1 }
        }
    }

    @Test func closesAtOnceWhereNobodyIs() async throws {
        try await OpenDoor.with { door in
            await door.front.drain(withinMs: 10_000)
            await door.front.drain(withinMs: 10_000)
            #expect(throws: Client.Failure.self) { try door.client() }
        }
    }

    @Test func opensOnceOnly() async throws {
        try await OpenDoor.with { door in
            await #expect(throws: FrontError.notClosed) { try await door.front.listen() }
        }
    }

    @Test(arguments: [
        (ListenAddress(host: "localhost", port: 0), FrontError.notAnAddress("localhost")),
        // An address for documentation, which no machine has; 99 is EADDRNOTAVAIL.
        (
            ListenAddress(host: "192.0.2.1", port: 0),
            FrontError.cannotListen(ListenAddress(host: "192.0.2.1", port: 0), code: 99)
        ),
    ])
    func saysWhyItCannotOpen(_ address: ListenAddress, _ error: FrontError) async throws {
        let loop = try EventLoop(name: "front-test")
        defer { loop.stop() }
        let front = Front(
            loop: loop, address: address, now: { OpenDoor.receivedAt },
            gate: { _ in .admitted { _ in Reply(status: 200) } })
        await #expect(throws: error) { try await front.listen() }
    }

    @Test(arguments: [AddressSharing.alone, .first], [AddressSharing.alone, .first])
    func opensNowhereThatSomebodyListens(_ sharing: AddressSharing, _ own: AddressSharing) async throws {
        try await OpenDoor.with(sharing: sharing) { door in
            let loop = try EventLoop(name: "front-test-2")
            defer { loop.stop() }
            let address = ListenAddress(host: "127.0.0.1", port: door.port)
            let second = Front(
                loop: loop, address: address, sharing: own, now: { OpenDoor.receivedAt },
                gate: { _ in .admitted { _ in Reply(status: 200) } })
            await #expect(throws: FrontError.cannotListen(address, code: 98)) { try await second.listen() }
        }
    }

    @Test(arguments: [
        (FrontError.notAnAddress("localhost"), "cannot listen on localhost: it is no address in numbers"),
        (
            FrontError.cannotListen(ListenAddress(host: "::1", port: 80), code: 98),
            "cannot listen on [::1]:80: Address already in use (error 98)"
        ),
    ])
    func saysSoInWords(_ error: FrontError, _ words: String) {
        #expect("\(error)" == words)
    }

    @Test func tellsIPv4SendersAsWhatTheyAre() async throws {
        let handler: Front.Handler = { Reply(status: 200, body: Array($0.peer.utf8)) }
        try await OpenDoor.with(host: "::", handler: handler) { door in
            let client = try door.client()
            try await client.send(.post())
            #expect(try await client.response().body == "127.0.0.1")
        }
    }

    @Test func sharesAPortBetweenLoops() async throws {
        try await OpenDoor.with(sharing: .first) { door in
            let loop = try EventLoop(name: "front-test-2")
            defer { loop.stop() }
            let second = Front(
                loop: loop, address: ListenAddress(host: "127.0.0.1", port: door.port), sharing: .further,
                now: { OpenDoor.receivedAt },
                gate: { _ in .admitted { _ in Reply(status: 200, body: Array("ok".utf8)) } })
            #expect(try await second.listen() == door.port)
            for _ in 0..<40 {
                let client = try door.client()
                try await client.send(.post())
                #expect(try await client.response().body == "ok")
            }
            let requests = await door.front.counters.requests + second.counters.requests
            #expect(requests == 40)
            await second.drain(withinMs: 0)
        }
    }

    @Test(arguments: [
        ("127.0.0.1:8080", ListenAddress(host: "127.0.0.1", port: 8080)),
        ("[::1]:0", ListenAddress(host: "::1", port: 0)),
        ("[::]:65535", ListenAddress(host: "::", port: 65535)),
        ("localhost:80", nil), ("127.0.0.1", nil), ("127.0.0.1:65536", nil), ("::1:80", nil), ("[127.0.0.1]:80", nil),
        ("127.0.0.1:", nil), (":80", nil), ("", nil), ("127.0.0.1:-1", nil), ("127.0.0.1:+1", nil),
    ])
    func readsAddresses(_ text: String, _ address: ListenAddress?) {
        #expect(ListenAddress(text) == address)
    }
}
