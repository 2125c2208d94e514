import Front
import Model
import Testing

/// Goal: what is not a request, or is more than there is room for, is told so and sent away.
///
/// Method: real sockets over loopback, with small limits.
@Suite(.timeLimit(.minutes(1)))
struct RefusalTests {
    @Test func refusesWhatIsNoRequest() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            // The first bytes of a TLS hello.
            try await client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])
            let response = try await client.response()
            #expect(response.status == "HTTP/1.1 400 Bad Request")
            #expect(response.header("connection") == "close")
            #expect(response.body == "{\"error\":\"Bad Request\"}")
            #expect(try await client.rest() == "")
            let counters = await door.front.counters
            #expect(counters.refusals == [400: 1])
            #expect(counters.requests == 0)
        }
    }

    @Test func letsTheAnswerBeReadByWhoSendsTooMuch() async throws {
        var limits = Limits()
        limits.bodyBytesMax = 1_000
        try await OpenDoor.with(limits: limits) { door in
            for _ in 0..<20 {
                let client = try door.client()
                // All of it is sent before a byte of the answer is read.
                try await client.send(.post(body: String(repeating: "x", count: 500_000)))
                let response = try await client.response()
                #expect(response.status == "HTTP/1.1 413 Content Too Large")
                #expect(response.header("connection") == "close")
                #expect(try await client.rest() == "")
            }
            #expect(await door.front.counters.refusals == [413: 20])
        }
    }

    @Test func readsNoMoreThanItsBoundFromWhoDoesNotStop() async throws {
        var limits = Limits()
        limits.bodyBytesMax = 1_000
        limits.lingerBytesMax = 100_000
        try await OpenDoor.with(limits: limits) { door in
            let client = try door.client()
            let chunk = [UInt8](repeating: 0, count: 65_536)
            await #expect(throws: Client.Failure.self) {
                try await client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000000\r\n\r\n")
                // Far more than all buffers on the way can hold.
                for _ in 0..<1_000 { try await client.send(chunk) }
            }
            #expect(await door.front.counters.connectionsOpen == 0)
        }
    }

    @Test func turnsConnectionsAwayBeyondTheirNumber() async throws {
        var limits = Limits()
        limits.connectionsMax = 2
        limits.connectionsTurnedAwayMax = 1
        limits.retryAfterSeconds = 7
        try await OpenDoor.with(limits: limits) { door in
            let first = try door.client()
            let second = try door.client()
            let third = try door.client()
            let response = try await third.response()
            #expect(response.status == "HTTP/1.1 503 Service Unavailable")
            #expect(response.header("retry-after") == "7")
            #expect(response.header("connection") == "close")
            // While one is being turned away, the next is not even told.
            let fourth = try door.client()
            #expect(await fourth.countToAnyEnd() == 0)
            await third.endSending()
            try await door.until { $0.connectionsOpen == 2 }
            #expect(await door.front.counters.connectionsTurnedAway == 2)
            for client in [first, second] {
                try await client.send(.post())
                #expect(try await client.response().body == "ok")
            }
            await first.endSending()
            try await door.until { $0.connectionsOpen == 1 }
            let fifth = try door.client()
            try await fifth.send(.post())
            #expect(try await fifth.response().body == "ok")
        }
    }

    @Test func turnsAnAddressAwayThatHasTooMany() async throws {
        var limits = Limits()
        limits.connectionsPerPeerMax = 1
        try await OpenDoor.with(limits: limits) { door in
            let first = try door.client(from: "127.0.0.1")
            let again = try door.client(from: "127.0.0.1")
            #expect(try await again.response().status == "HTTP/1.1 503 Service Unavailable")
            let other = try door.client(from: "127.0.0.2")
            for client in [first, other] {
                try await client.send(.post())
                #expect(try await client.response().body == "ok")
            }
            await first.endSending()
            await again.endSending()
            try await door.until { $0.connectionsOpen == 1 }
            let third = try door.client(from: "127.0.0.1")
            try await third.send(.post())
            #expect(try await third.response().body == "ok")
        }
    }

    @Test func answersUnavailableBeyondTheRequestsInFlight() async throws {
        var limits = Limits()
        limits.requestsInFlightMax = 1
        try await OpenDoor.withGate(limits: limits) { door, gate in
            let first = try door.client()
            try await first.send(.post())
            try await door.until { $0.requestsInFlight == 1 }
            let second = try door.client()
            try await second.send(.post())
            let response = try await second.response()
            #expect(response.status == "HTTP/1.1 503 Service Unavailable")
            #expect(response.header("retry-after") == "5")
            #expect(response.header("connection") == nil)
            await gate.open()
            #expect(try await first.response().status == "HTTP/1.1 200 OK")
            // Its place is free when its handler lets go of it, which is a moment after the answer.
            try await door.until { $0.bytesHeld == 0 }
            try await second.send(.post())
            #expect(try await second.response().status == "HTTP/1.1 200 OK")
            #expect(await door.front.counters.refusals == [503: 1])
        }
    }

    @Test func pausesWhereNoDescriptorIsLeft() async throws {
        try await OpenDoor.with { door in
            #expect(await door.front.counters.isAccepting)
            let counters = await door.front.failToAccept()
            #expect(!counters.isAccepting)
            #expect(counters.acceptPauses == 1)
            // It goes on by itself after a moment.
            let client = try door.client()
            try await client.send(.post())
            #expect(try await client.response().body == "ok")
            #expect(await door.front.counters.isAccepting)
        }
    }

    @Test func goesOnAcceptingOnceAConnectionGaveItsDescriptorBack() async throws {
        try await OpenDoor.with { door in
            let client = try door.client()
            try await door.until { $0.connectionsOpen == 1 }
            door.clock.advance(byMilliseconds: 10_000)
            let counters = await door.front.failToAccept { $0.sweep() }
            #expect(counters.connectionsOpen == 0 && counters.acceptPauses == 1)
            #expect(counters.isAccepting)
            #expect(await client.countToAnyEnd() == 0)
        }
    }
}

extension Front {
    /// In one go, so that nothing comes in between.
    fileprivate func failToAccept(then happens: @Sendable (isolated Front) -> Void = { _ in }) -> FrontCounters {
        acceptFailed()
        happens(self)
        return counters
    }
}
