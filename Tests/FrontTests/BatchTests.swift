import Model
import Testing
import Threads

@testable import Front

/// Goal: what came in one pass of the loop is answered together, and each sender has the reply that is meant for it.
@Suite(.timeLimit(.minutes(1)))
struct BatchTests {
    private final class Key: Sendable {}

    /// Doors of two sources, which answer each request with its path and note what they were handed at once.
    private final class Sources: Sendable {
        let (one, other) = (Key(), Key())
        let handed = Lock<[[String]]>([])

        func gate(_ head: Webhook) -> Admission {
            .admitted(
                Admission.Pass(batchKey: head.path.hasPrefix("/one") ? one : other) { webhooks, reply in
                    self.handed.withLock { $0.append(webhooks.map(\.path)) }
                    // In whatever order they are known.
                    for (place, webhook) in webhooks.enumerated().reversed() { reply(place, .path(of: webhook)) }
                })
        }
    }

    /// Clients that the loop knows already.
    private func clients(_ count: Int, at door: OpenDoor) async throws -> [Client] {
        var clients: [Client] = []
        for _ in 1...count {
            let client = try door.client()
            try await client.send(.post("/other/first"))
            _ = try await client.response()
            clients.append(client)
        }
        return clients
    }

    /// Has each client send a request, all of which the loop finds at once.
    private func send(
        _ paths: [String], body: String = "{}", by clients: [Client], to door: OpenDoor
    ) async throws {
        try await door.front.standingStill {
            for (client, path) in zip(clients, paths) { try await client.send(.post(path, body: body)) }
            for client in clients { try await client.untilDelivered() }
        }
    }

    private func withDoor(
        letting pass: Admission.Pass, _ body: (OpenDoor) async throws -> Void
    ) async throws {
        try await OpenDoor.with(gate: { _ in .admitted(pass) }, body)
    }

    /// Batches of several are answered when the gate is open, what comes alone at once.
    private func passWithBatches(waitingAt gate: Gate) -> Admission.Pass {
        Admission.Pass(batchKey: Key()) { webhooks, reply in
            if webhooks.count > 1 { await gate.pass() }
            for (place, webhook) in webhooks.enumerated() { reply(place, .path(of: webhook)) }
        }
    }

    @Test func whatCameInOnePassIsHandedOnInOnePieceForEachSource() async throws {
        let sources = Sources()
        try await OpenDoor.with(gate: sources.gate) { door in
            let clients = try await clients(5, at: door)
            sources.handed.withLock { $0 = [] }
            let paths = ["/one/1", "/other/2", "/one/3", "/one/4", "/other/5"]
            try await send(paths, by: clients, to: door)
            for (client, path) in zip(clients, paths) { #expect(try await client.response().body == path) }
            // The order in which they were read is the system's.
            let handed = sources.handed.withLock { $0 }
            #expect(handed.count == 2)
            #expect(Set(handed.map(Set.init)) == [["/one/1", "/one/3", "/one/4"], ["/other/2", "/other/5"]])
            let counters = await door.front.counters
            #expect(counters.requestsInFlight == 0 && counters.bytesHeld == 0)
        }
    }

    @Test func whatIsLetInAloneIsAnsweredAlone() async throws {
        let counts = Lock<[Int]>([])
        let pass = Admission.Pass(batchKey: nil) { webhooks, reply in
            counts.withLock { $0.append(webhooks.count) }
            for (place, webhook) in webhooks.enumerated() { reply(place, .path(of: webhook)) }
        }
        try await withDoor(letting: pass) { door in
            let clients = try await clients(3, at: door)
            try await send(clients.indices.map { "/\($0)" }, by: clients, to: door)
            for (number, client) in clients.enumerated() { #expect(try await client.response().body == "/\(number)") }
            #expect(counts.withLock { $0 } == [1, 1, 1, 1, 1, 1])
        }
    }

    @Test func nobodyWaitsForAnothersReply() async throws {
        let gate = Gate()
        let key = Key()
        let pass = Admission.Pass(batchKey: key) { webhooks, reply in
            for (place, webhook) in webhooks.enumerated() where webhook.path != "/1" {
                reply(place, .path(of: webhook))
            }
            guard let slow = webhooks.firstIndex(where: { $0.path == "/1" }) else { return }
            await gate.pass()
            reply(slow, .path(of: webhooks[slow]))
        }
        try await withDoor(letting: pass) { door in
            let clients = try await clients(3, at: door)
            try await send(clients.indices.map { "/\($0)" }, by: clients, to: door)
            for number in [0, 2] { #expect(try await clients[number].response().body == "/\(number)") }
            #expect(await door.front.counters.requestsInFlight == 1)
            await gate.open()
            #expect(try await clients[1].response().body == "/1")
            try await door.until { $0.requestsInFlight == 0 && $0.bytesHeld == 0 }
        }
    }

    @Test func whoBreaksOffKeepsNobodyFromTheReply() async throws {
        let gate = Gate()
        try await withDoor(letting: passWithBatches(waitingAt: gate)) { door in
            let clients = try await clients(3, at: door)
            try await send(clients.indices.map { "/\($0)" }, by: clients, to: door)
            try await door.until { $0.requestsInFlight == 3 }
            await clients[1].breakOff()
            try await door.until { $0.connectionsOpen == 2 }
            await gate.open()
            for number in [0, 2] { #expect(try await clients[number].response().body == "/\(number)") }
            try await door.until { $0.requestsInFlight == 0 }
            #expect(await door.front.counters.repliesDropped == 1)
        }
    }

    @Test func aDoorThatDrainsAnswersABatchThatWaits() async throws {
        let gate = Gate()
        try await withDoor(letting: passWithBatches(waitingAt: gate)) { door in
            let clients = try await clients(2, at: door)
            try await send(clients.indices.map { "/\($0)" }, by: clients, to: door)
            try await door.until { $0.requestsInFlight == 2 }
            let drained = Task { await door.front.drain(withinMs: 60_000) }
            try await door.until { !$0.isAccepting }
            await gate.open()
            for (number, client) in clients.enumerated() {
                let response = try await client.response()
                #expect(response.body == "/\(number)" && response.header("connection") == "close")
                await client.endSending()
            }
            await drained.value
        }
    }

    @Test func aBatchTakesSoManyRequestsAndBytes() {
        let pass = Admission.Pass(batchKey: nil) { _, _ in }
        let small = RequestBatch(pass)
        for number in 0..<Limits.batchRequestsMax {
            #expect(small.hasRoom(for: 1), "no room for number \(number)")
            small.add(.sample(bytes: 1))
        }
        #expect(!small.hasRoom(for: 1))
        let large = RequestBatch(pass)
        large.add(.sample(bytes: Limits.batchBytesMax - 1))
        #expect(large.hasRoom(for: 1) && !large.hasRoom(for: 2))
    }

    @Test func whatHasNoRoomInABatchIsAnsweredByTheNext() async throws {
        let sources = Sources()
        try await OpenDoor.with(gate: sources.gate) { door in
            // Eight have room in a batch, with what their heads take.
            let body = String(repeating: "x", count: Limits.batchBytesMax / 8 - 1_024)
            let clients = try await clients(12, at: door)
            sources.handed.withLock { $0 = [] }
            try await send(clients.indices.map { "/one/\($0)" }, body: body, by: clients, to: door)
            for (number, client) in clients.enumerated() {
                #expect(try await client.response().body == "/one/\(number)")
            }
            // Each was read in as many pieces as the others, one of each in a pass, and so all were whole in the same pass.
            #expect(sources.handed.withLock { $0.map(\.count) } == [8, 4])
        }
    }
}

extension Reply {
    fileprivate static func path(of webhook: Webhook) -> Reply { Reply(status: 200, body: Array(webhook.path.utf8)) }
}

extension RequestBatch.Request {
    fileprivate static func sample(bytes: Int) -> Self {
        let webhook = Webhook(
            method: "POST", path: "/", query: nil, headers: Headers([]), body: [], peer: "127.0.0.1",
            receivedAt: OpenDoor.receivedAt)
        return Self(webhook: webhook, ticket: Ticket(number: 1), bytes: bytes)
    }
}
