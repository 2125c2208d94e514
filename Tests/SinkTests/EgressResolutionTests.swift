import CCurl
import Model
import Testing

@testable import Sinks

/// Goal: what a name stands for is looked at as the connection is made, each time and for each address (case 131).
///
/// Method: libcurl is told the answers of a name server. The receiver is on 127.0.0.1, which is not named; 127.0.0.9, where
/// nobody listens, is, and stands for a public address.
@Suite(.timeLimit(.minutes(1)))
struct EgressResolutionTests {
    private static let name = "rebinding.example"

    private let receiver: Receiver

    init() throws {
        receiver = try Receiver([.status("200 OK")])
    }

    private func exchange(naming networks: [String]) -> Exchange {
        Exchange(
            with: Transfer.Target(
                url: "http://\(Self.name):\(receiver.port)/in", timeoutMs: 5_000, connectTimeoutMs: 2_000,
                guarding: EgressGuard(named: networks.map { IPNetwork(stringLiteral: $0) }), connectionsMax: 1),
            using: SocketWatches(on: HTTPSink.loop))
    }

    /// What comes of a request when the name server answers so.
    private func outcome(of exchange: Exchange, resolvingTo addresses: String) async -> Transfer.Answer {
        let forget = curl_slist_append(nil, "-\(Self.name):\(receiver.port)")
        let answer = curl_slist_append(forget, "\(Self.name):\(receiver.port):\(addresses)")
        defer { curl_slist_free_all(answer) }
        return await withCheckedContinuation { done in
            guard exchange.prepare(Transfer.Request(headers: [], body: []), done: done),
                shim_set_list(exchange.handle, CURLOPT_RESOLVE, answer) == CURLE_OK
            else { preconditionFailure("libcurl took no request") }
            exchange.finish(exchange.answer(curl_easy_perform(exchange.handle)))
        }
    }

    @Test(arguments: [
        "127.0.0.1", "127.0.0.9,127.0.0.1", "127.0.0.1,127.0.0.9", "[::1],127.0.0.9,127.0.0.1",
        "169.254.169.254,127.0.0.1", "10.0.0.1,[fd00::1],127.0.0.1",
    ])
    func anAddressThatIsNotNamedIsNotReachedWhateverStandsBesideIt(_ addresses: String) async {
        let answer = await outcome(of: exchange(naming: ["127.0.0.9/32"]), resolvingTo: addresses)
        #expect(answer == .failed("The address is not public"))
        receiver.stop()
        #expect(receiver.connections == 0)
    }

    @Test func aNameThatMeansSomethingElseTheNextTimeIsLookedAtAgain() async {
        let exchange = exchange(naming: ["127.0.0.1/32"])
        #expect(await outcome(of: exchange, resolvingTo: "127.0.0.1") == .status(200, retryAfter: nil))
        // libcurl would use the connection again, and that is to where it was allowed to go.
        _ = shim_set_long(exchange.handle, CURLOPT_FRESH_CONNECT, 1)
        #expect(await outcome(of: exchange, resolvingTo: "127.0.0.2") == .failed("The address is not public"))
        receiver.stop()
        #expect(receiver.connections == 1)
    }
}
