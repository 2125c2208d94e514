import Front
import Model
import Threads

/// A front door that is open, on a loop of its own and under a clock that the test moves.
struct OpenDoor {
    let loop: EventLoop
    let front: Front
    let port: UInt16
    let clock: Clock
    private let clients = Lock<[Client]>([])

    static let receivedAt = Instant(microseconds: 1_770_694_648_425_000)

    /// Opens one, runs the body, and closes it again.
    static func with(
        host: String = "127.0.0.1", sharing: AddressSharing = .alone, tls: TLSContext? = nil,
        announcers: [IPNetwork] = [], proxies: [IPNetwork] = [], limits: Limits = Limits(),
        occupancy: Occupancy = Occupancy(), gate: Front.Gate? = nil,
        handler: @escaping Front.Handler = { _ in Reply(status: 200, body: Array("ok".utf8)) },
        _ body: (OpenDoor) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "front-test")
        defer { loop.stop() }
        let clock = Clock()
        let front = Front(
            loop: loop, address: ListenAddress(host: host, port: 0), sharing: sharing, tls: tls,
            proxies: announcers + proxies, proxiesAnnounce: !announcers.isEmpty, limits: limits, occupancy: occupancy,
            now: { receivedAt }, monotonicMs: { clock.nowMs }, gate: gate ?? { _ in .admitted(handler: handler) })
        let door = OpenDoor(loop: loop, front: front, port: try await front.listen(), clock: clock)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(door))
        } catch {
            outcome = .failure(error)
        }
        for client in door.clients.withLock({ $0 }) { await client.end() }
        await front.drain(withinMs: 0)
        try outcome.get()
    }

    /// Opens one that answers no request before the body opens the gate.
    static func withGate(
        limits: Limits = Limits(), _ body: (OpenDoor, Gate) async throws -> Void
    ) async throws {
        let gate = Gate()
        let handler: Front.Handler = { _ in
            await gate.pass()
            return Reply(status: 200)
        }
        try await with(limits: limits, handler: handler) { try await body($0, gate) }
    }

    /// A client that is connected; it goes when the door is closed.
    func client(from: String? = nil, receiveBytes: Int32? = nil) throws -> Client {
        let client = try Client(port: port, from: from, receiveBytes: receiveBytes)
        clients.withLock { $0.append(client) }
        return client
    }

    /// Goes on once the front door has seen what the condition asks for.
    func until(_ condition: (FrontCounters) -> Bool) async throws {
        while !condition(await front.counters) {
            // A test whose time is over ends here instead of asking for ever.
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Lets time pass, and the deadlines be looked at.
    func pass(milliseconds: Int64) async {
        // The answer that a client has read already may be one that the loop is just about to note as sent.
        _ = await front.counters
        clock.advance(byMilliseconds: milliseconds)
        await front.sweep()
    }
}

/// A clock that stands still unless it is moved.
final class Clock: Sendable {
    private let time = Lock<Int64>(1_000_000)

    var nowMs: Int64 { time.withLock { $0 } }

    func advance(byMilliseconds milliseconds: Int64) {
        time.withLock { $0 += milliseconds }
    }
}

/// Where handlers wait until the test lets them go on.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for one in waiting { one.resume() }
        waiting = []
    }
}

extension String {
    /// A request of the usual kind.
    static func post(_ path: String = "/in/test", body: String = "{}", fields: [String] = []) -> String {
        let lines = ["POST \(path) HTTP/1.1", "Host: gateway", "Content-Length: \(body.utf8.count)"] + fields
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }
}
