import Front
import Model
import Testing

/// Goal: what one door holds is room that the others do not have, whichever of them the system gives a connection to.
@Suite(.timeLimit(.minutes(1)))
struct OccupancyTests {
    /// Two doors, each on a loop of its own, that share their bounds.
    private static func withTwoDoors(
        _ limits: Limits, announcers: [IPNetwork] = [], proxies: [IPNetwork] = [], gate: Gate? = nil,
        _ body: (OpenDoor, OpenDoor) async throws -> Void
    ) async throws {
        let handler: Front.Handler = { _ in
            await gate?.pass()
            return Reply(status: 200, body: Array("ok".utf8))
        }
        let occupancy = Occupancy()
        try await OpenDoor.with(proxies: proxies, limits: limits, occupancy: occupancy, handler: handler) { one in
            try await OpenDoor.with(
                announcers: announcers, proxies: proxies, limits: limits, occupancy: occupancy, handler: handler
            ) { other in
                try await body(one, other)
            }
        }
    }

    private func isServed(_ client: Client) async throws -> Bool {
        try await client.send(.post())
        return try await client.response().status == "HTTP/1.1 200 OK"
    }

    @Test func connectionsAreCountedTogether() async throws {
        var limits = Limits()
        limits.connectionsMax = 2
        limits.connectionsTurnedAwayMax = 1
        try await Self.withTwoDoors(limits) { one, other in
            let (first, second) = (try one.client(), try other.client())
            #expect(try await isServed(first))
            #expect(try await isServed(second))
            let third = try one.client()
            #expect(try await third.response().status == "HTTP/1.1 503 Service Unavailable")
            // While one is being turned away here, the next is not even told there.
            #expect(await (try other.client()).countToAnyEnd() == 0)
            await first.endSending()
            await third.endSending()
            try await one.until { $0.connectionsOpen == 0 }
            #expect(try await isServed(try other.client()))
            #expect(try await (try one.client()).response().status == "HTTP/1.1 503 Service Unavailable")
        }
    }

    @Test func connectionsOfAnAddressAreCountedTogether() async throws {
        var limits = Limits()
        limits.connectionsPerPeerMax = 1
        try await Self.withTwoDoors(limits) { one, other in
            let first = try one.client(from: "127.0.0.1")
            #expect(try await isServed(first))
            let second = try other.client(from: "127.0.0.1")
            #expect(try await second.response().status == "HTTP/1.1 503 Service Unavailable")
            #expect(try await isServed(try other.client(from: "127.0.0.2")))
            await first.endSending()
            try await one.until { $0.connectionsOpen == 0 }
            #expect(try await isServed(try other.client(from: "127.0.0.1")))
        }
    }

    @Test func aProxyIsHeldToTheirNumberInAllAndNoOther() async throws {
        var limits = Limits()
        limits.connectionsMax = 3
        limits.connectionsPerPeerMax = 1
        try await Self.withTwoDoors(limits, proxies: ["127.0.0.0/31"]) { one, other in
            for door in [one, other, one] {
                let client = try door.client(from: "127.0.0.1")
                #expect(try await isServed(client))
            }
            let fourth = try one.client(from: "127.0.0.1")
            #expect(try await fourth.response().status == "HTTP/1.1 503 Service Unavailable")
        }
    }

    @Test func whoIsAProxyMayChangeWhileADoorIsOpen() async throws {
        var limits = Limits()
        limits.connectionsPerPeerMax = 1
        try await Self.withTwoDoors(limits) { one, _ in
            let first = try one.client(from: "127.0.0.1")
            #expect(try await isServed(first))
            let second = try one.client(from: "127.0.0.1")
            #expect(try await second.response().status == "HTTP/1.1 503 Service Unavailable")
            await one.front.trust(["127.0.0.1"])
            let third = try one.client(from: "127.0.0.1")
            #expect(try await isServed(third))
        }
    }

    @Test func whoHasNotSaidForWhomItSpeaksIsCountedOnce() async throws {
        var limits = Limits()
        limits.connectionsMax = 1
        try await Self.withTwoDoors(limits, announcers: ["127.0.0.1"]) { one, other in
            let proxy = try other.client(from: "127.0.0.1")
            try await proxy.send("PROXY ")
            try await other.until { $0.connectionsOpen == 1 }
            #expect(try await (try one.client()).response().status == "HTTP/1.1 503 Service Unavailable")
            #expect(await (try other.client(from: "127.0.0.1")).countToAnyEnd() == 0)
            // The place that it had until it said so is enough for what it says.
            try await proxy.send("TCP4 192.0.2.7 192.0.2.1 1 2\r\n")
            #expect(try await isServed(proxy))
            await proxy.endSending()
            try await other.until { $0.connectionsOpen == 0 }
            #expect(try await isServed(try one.client()))
        }
    }

    @Test func requestsInFlightAreCountedTogether() async throws {
        var limits = Limits()
        limits.requestsInFlightMax = 1
        let gate = Gate()
        try await Self.withTwoDoors(limits, gate: gate) { one, other in
            let first = try one.client()
            try await first.send(.post())
            try await one.until { $0.requestsInFlight == 1 }
            let second = try other.client()
            try await second.send(.post())
            #expect(try await second.response().status == "HTTP/1.1 503 Service Unavailable")
            await gate.open()
            #expect(try await first.response().status == "HTTP/1.1 200 OK")
            // Its place is free when its handler lets go of it, which is a moment after the answer.
            try await one.until { $0.bytesHeld == 0 }
            #expect(try await isServed(second))
        }
    }

    @Test func whoHoldsTheMostGivesWayWhereverItIs() async throws {
        var limits = Limits()
        limits.bytesHeldMax = 300_000
        try await Self.withTwoDoors(limits) { one, other in
            let start = "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n"
            let large = try one.client()
            try await large.send(start + String(repeating: "x", count: 190_000))
            try await one.until { $0.bytesRead == start.utf8.count + 190_000 }
            // What is read grows by doubling, so that there is no room for what comes next.
            #expect(250_000...300_000 ~= (await one.front.counters.bytesHeld))
            let small = try other.client()
            try await small.send(start + String(repeating: "x", count: 60_000))
            // Nothing comes to the first door any more; the second has it make room.
            #expect(try await large.response().status == "HTTP/1.1 503 Service Unavailable")
            try await one.until { $0.bytesHeld == 0 }
            #expect(try await isServed(try one.client()))
            #expect(await other.front.counters.refusals == [:])
            await small.endSending()
            #expect(try await small.rest() == "")
        }
    }

    @Test func aDoorThatClosesLeavesItsRoomToTheOthers() async throws {
        var limits = Limits()
        limits.connectionsMax = 1
        limits.bytesHeldMax = 200_000
        let occupancy = Occupancy()
        try await OpenDoor.with(limits: limits, occupancy: occupancy) { other in
            try await OpenDoor.with(limits: limits, occupancy: occupancy) { one in
                let client = try one.client()
                try await client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n")
                try await client.send(String(repeating: "x", count: 120_000))
                try await one.until { $0.bytesHeld > 120_000 }
                await one.front.drain(withinMs: 0)
            }
            let client = try other.client()
            try await client.send(.post(body: String(repeating: "x", count: 90_000)))
            #expect(try await client.response().status == "HTTP/1.1 200 OK")
            // What the other one held is nobody's any more, so whoever takes too much here is the largest of all.
            try await client.send("POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n")
            try await client.send(String(repeating: "x", count: 220_000))
            #expect(try await client.response().status == "HTTP/1.1 503 Service Unavailable")
        }
    }

    /// Descriptors that there are, and what becomes of 4,096 connections, of 1,024 of one address, and of 256 turned away.
    @Test(arguments: [
        (65_536, [4_096, 1_024, 256]), (4_608, [4_096, 1_024, 256]), (4_607, [3_808, 952, 256]),
        (1_024, [672, 168, 96]),
        (64, [28, 7, 4]), (8, [4, 1, 1]), (1, [1, 1, 1]),
    ])
    func fitsIntoTheDescriptorsThereAre(_ descriptors: Int, _ wanted: [Int]) {
        var limits = Limits()
        limits.fit(descriptors: descriptors)
        #expect([limits.connectionsMax, limits.connectionsPerPeerMax, limits.connectionsTurnedAwayMax] == wanted)
    }

    @Test func keepsFewConnectionsWhereThereIsRoomForThem() {
        var limits = Limits()
        limits.connectionsMax = 100
        limits.connectionsPerPeerMax = 25
        limits.fit(descriptors: 500)
        #expect(
            [limits.connectionsMax, limits.connectionsPerPeerMax, limits.connectionsTurnedAwayMax] == [100, 25, 150])
    }
}
