import Model
import Testing
import Threads

@testable import Sinks

/// Goal: one request after another goes over a connection, and none is lost, doubled without need, or given the answer of
/// another, whatever the receiver does with the connection.
@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    private static let taken = Transfer.Answer.status(200, retryAfter: nil)

    private func transfer(
        to url: String, timeoutMs: Int64 = 5_000, restMs: Int64 = 55_000
    ) throws -> Transfer {
        Transfer(
            to: Transfer.Target(
                address: try HTTPAddress(url), timeoutMs: timeoutMs, connectTimeoutMs: 2_000, restMs: restMs,
                guarding: EgressGuard(named: ["127.0.0.0/8"])),
            on: HTTPSink.loop)
    }

    private func post(_ transfer: Transfer, bodyBytes: Int = 2) async -> Transfer.Answer {
        await transfer.post(
            Transfer.Request(headers: [], body: [UInt8](repeating: UInt8(ascii: "b"), count: bodyBytes)))
    }

    @Test func whatMeetsTheEndOfAConnectionIsSentAgainOnce() async throws {
        let receiver = try Receiver([.bytes(Self.ok), .last(""), .bytes(Self.ok), .last(""), .last("")])
        let transfer = try transfer(to: receiver.url)
        #expect(await post(transfer) == Self.taken)
        // The receiver takes the request, and ends the connection as if it had never come.
        #expect(await post(transfer) == Self.taken)
        #expect(receiver.requests.count == 3)
        #expect(await post(transfer) == .failed("Server returned nothing (no headers, no data)"))
        await transfer.close()
        receiver.stop()
        #expect(receiver.requests.count == 5)
    }

    @Test func aConnectionThatRestsTooLongIsClosed() async throws {
        let receiver = try Receiver([.bytes(Self.ok)])
        let transfer = try transfer(to: receiver.url, restMs: 10)
        for _ in 1...2 {
            #expect(await post(transfer) == Self.taken)
            await receiver.lastEnd()
        }
        await transfer.close()
        receiver.stop()
        #expect(receiver.connections == 2)
    }

    @Test func whatWasAnsweredInPartIsNotSentAgain() async throws {
        let receiver = try Receiver([.bytes(Self.ok), .last("HTTP/1.1 2")])
        let transfer = try transfer(to: receiver.url)
        #expect(await post(transfer) == Self.taken)
        #expect(await post(transfer) == .failed("Transferred a partial file"))
        await transfer.close()
        receiver.stop()
        #expect(receiver.requests.count == 2)
    }

    @Test func whatStandsBehindAnAnswerIsNoAnswerToTheNextRequest() async throws {
        let receiver = try Receiver([.bytes(Self.ok + "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), .bytes(Self.ok)])
        let transfer = try transfer(to: receiver.url)
        #expect(await post(transfer) == Self.taken)
        #expect(await post(transfer) == Self.taken)
        await transfer.close()
        receiver.stop()
        #expect(receiver.connections == 2)
    }

    /// What came with the answer and was not read with it: here, since the answer fills the room to read into.
    @Test func whatCameWithAnAnswerIsNoAnswerToTheNextRequest() async throws {
        let receiver = try Receiver([
            .bytes(Self.padded(Self.ok, to: 4_096) + "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), .bytes(Self.ok),
        ])
        let transfer = try transfer(to: receiver.url)
        // As forwarders do it: the next request follows before the loop has looked for anything else.
        let answers = await withTaskExecutorPreference(HTTPSink.loop.makePreference()) {
            await Busy().answers(from: transfer, count: 2)
        }
        #expect(answers == [Self.taken, Self.taken])
        await transfer.close()
        receiver.stop()
        #expect(receiver.connections == 2)
    }

    /// Sends one request after the other, on the loop.
    private actor Busy {
        nonisolated var unownedExecutor: UnownedSerialExecutor { HTTPSink.loop.asUnownedSerialExecutor() }

        func answers(from transfer: Transfer, count: Int) async -> [Transfer.Answer] {
            var answers: [Transfer.Answer] = []
            for _ in 0..<count {
                answers.append(await transfer.post(Transfer.Request(headers: [], body: [UInt8(ascii: "b")])))
            }
            return answers
        }
    }

    /// The same answer, so many bytes long.
    static func padded(_ answer: String, to count: Int) -> String {
        let field = "X-Padding: "
        let padding = String(repeating: "a", count: count - answer.utf8.count - field.utf8.count - 2)
        return answer.replacing("\r\n\r\n", with: "\r\n\(field)\(padding)\r\n\r\n")
    }

    @Test(arguments: [
        "Connection: close\r\nContent-Length: 2\r\n\r\nok",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Content-Length: two\r\n\r\n",
    ])
    func aConnectionThatIsToEndIsNotUsedAgain(_ rest: String) async throws {
        let receiver = try Receiver { _, _ in .bytes("HTTP/1.1 200 OK\r\n\(rest)") }
        let transfer = try transfer(to: receiver.url)
        for _ in 1...3 { #expect(await post(transfer) == Self.taken) }
        await transfer.close()
        receiver.stop()
        #expect(receiver.connections == 3)
    }

    @Test func aBodyThatIsLongerThanBuffersArrivesWhole() async throws {
        let receiver = try Receiver([.status("200 OK")])
        let transfer = try transfer(to: receiver.url, timeoutMs: 30_000)
        #expect(await post(transfer, bodyBytes: 24 << 20) == Self.taken)
        await transfer.close()
        receiver.stop()
        #expect(receiver.requests.map(\.body.count) == [24 << 20])
    }

    @Test func whoeverRefusesALongBodyBeforeItIsThereIsHeard() async throws {
        let receiver = try Receiver(answeringAtOnce: "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        let transfer = try transfer(to: receiver.url)
        #expect(await post(transfer, bodyBytes: 64 << 20) == .status(413, retryAfter: nil))
        #expect(await post(transfer) == .status(413, retryAfter: nil))
        await transfer.close()
        receiver.stop()
        #expect(receiver.connections == 2)
    }

    @Test func aConnectionIsTriedOutWithoutARequest() async throws {
        let receiver = try Receiver([.status("200 OK")])
        let transfer = try transfer(to: receiver.url)
        #expect(await transfer.tryOut() == nil)
        await receiver.firstConnection()
        receiver.stop()
        #expect(await transfer.tryOut() == "Couldn't connect to server")
        await transfer.close()
        #expect(receiver.connections == 1 && receiver.requests.isEmpty)
    }

    @Test func theConfigurationSaysOtherwiseOnce() async throws {
        let receiver = try Receiver([.status("200 OK")])
        let url = "http://127.0.0.1:\(receiver.port)/a/../in?x=%20&y"
        let sink = try HTTPSink.open(to: url) {
            $0.headers = [("User-Agent", "ours"), ("HOST", "crm.example"), ("Accept", "")]
        }
        #expect(await sink.outcome() == "taken")
        await sink.close()
        receiver.stop()
        let request = try #require(receiver.requests.first)
        #expect(request.startLine == "POST /in?x=%20&y HTTP/1.1")
        #expect(request["user-agent"] == "ours" && request["host"] == "crm.example" && request["accept"] == "")
        for name in ["user-agent", "host", "accept", "content-length"] { #expect(request.count(of: name) == 1) }
    }

    @Test(arguments: [
        ("http://a.example", "a.example", "/"), ("HTTPS://A.example:443/b#c", "A.example", "/b"),
        ("http://a.example:443?q", "a.example:443", "/?q"), ("http://[::1]:8080/x/./y", "[::1]:8080", "/x/y"),
        ("https://a.example:80/%2e%2E/", "a.example:80", "/%2e%2E/"),
    ])
    func namesTheHostAndWhatIsAskedOfIt(_ url: String, _ authority: String, _ target: String) throws {
        let address = try HTTPAddress(url)
        #expect(address.authority == authority)
        #expect(address.target == target)
    }
}
