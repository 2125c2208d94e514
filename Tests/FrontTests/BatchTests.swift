import Dispatch
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
            .batched(by: head.path.hasPrefix("/one") ? one : other) { webhooks in
                self.handed.withLock { $0.append(webhooks.map(\.path)) }
                return webhooks.map { Reply(status: 200, body: Array($0.path.utf8)) }
            }
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

    @Test func whatCameInOnePassIsHandedOnInOnePieceForEachSource() async throws {
        let sources = Sources()
        try await OpenDoor.with(gate: sources.gate) { door in
            let clients = try await clients(5, at: door)
            sources.handed.withLock { $0 = [] }
            let paths = ["/one/1", "/other/2", "/one/3", "/one/4", "/other/5"]
            try await door.front.standingStill {
                for (client, path) in zip(clients, paths) { try await client.send(.post(path)) }
            }
            for (client, path) in zip(clients, paths) { #expect(try await client.response().body == path) }
            let handed = sources.handed.withLock { $0 }
            #expect(handed.count == 2)
            #expect(Set(handed.map(Set.init)) == [["/one/1", "/one/3", "/one/4"], ["/other/2", "/other/5"]])
            let counters = await door.front.counters
            #expect(counters.requestsInFlight == 0 && counters.bytesHeld == 0)
        }
    }

    @Test func whoBreaksOffKeepsNobodyFromTheReply() async throws {
        let gate = Gate()
        let key = Key()
        let handler: Front.BatchHandler = { webhooks in
            if webhooks.count > 1 { await gate.pass() }
            return webhooks.map { Reply(status: 200, body: Array($0.path.utf8)) }
        }
        let admit: Front.Gate = { _ in .batched(by: key, handler: handler) }
        try await OpenDoor.with(gate: admit) { door in
            let clients = try await clients(3, at: door)
            try await door.front.standingStill {
                for (number, client) in clients.enumerated() { try await client.send(.post("/\(number)")) }
            }
            try await door.until { $0.requestsInFlight == 3 }
            await clients[1].breakOff()
            try await door.until { $0.connectionsOpen == 2 }
            await gate.open()
            for number in [0, 2] { #expect(try await clients[number].response().body == "/\(number)") }
            try await door.until { $0.requestsInFlight == 0 }
            #expect(await door.front.counters.repliesDropped == 1)
        }
    }

    @Test func aBatchTakesSoManyRequestsAndBytes() {
        let small = RequestBatch(key: nil) { $0.map { _ in Reply(status: 200) } }
        for number in 0..<Limits.batchRequestsMax {
            #expect(small.hasRoom(for: 1), "no room for number \(number)")
            small.add(.sample(bytes: 1))
        }
        #expect(!small.hasRoom(for: 1))
        let large = RequestBatch(key: nil) { $0.map { _ in Reply(status: 200) } }
        large.add(.sample(bytes: Limits.batchBytesMax - 1))
        #expect(large.hasRoom(for: 1) && !large.hasRoom(for: 2))
    }

    @Test func whatHasNoRoomInABatchIsAnsweredByTheNext() async throws {
        let sources = Sources()
        try await OpenDoor.with(gate: sources.gate) { door in
            // Twice the bound, in requests that are whole after as many reads.
            let body = String(repeating: "x", count: Limits.batchBytesMax / 32)
            let clients = try await clients(64, at: door)
            sources.handed.withLock { $0 = [] }
            try await door.front.standingStill {
                for (number, client) in clients.enumerated() {
                    try await client.send(.post("/one/\(number)", body: body))
                }
            }
            for (number, client) in clients.enumerated() {
                #expect(try await client.response().body == "/one/\(number)")
            }
            let handed = sources.handed.withLock { $0 }
            #expect(handed.allSatisfy { $0.count < 32 })
            #expect(handed.flatMap { $0 }.count == 64)
        }
    }
}

extension RequestBatch.Request {
    fileprivate static func sample(bytes: Int) -> Self {
        let webhook = Webhook(
            method: "POST", path: "/", query: nil, headers: Headers([]), body: [], peer: "127.0.0.1",
            receivedAt: OpenDoor.receivedAt)
        return Self(webhook: webhook, ticket: Ticket(number: 1), bytes: bytes)
    }
}

extension Front {
    /// Has the loop stand still while something is done elsewhere, which it finds all at once afterwards.
    fileprivate nonisolated func standingStill(while work: () async throws -> Void) async throws {
        let end = DispatchSemaphore(value: 0)
        defer { end.signal() }
        await withCheckedContinuation { begun in
            Task { await self.stand(begun, until: end) }
        }
        try await work()
    }

    private func stand(_ begun: CheckedContinuation<Void, Never>, until end: DispatchSemaphore) {
        begun.resume()
        end.wait()
    }
}
