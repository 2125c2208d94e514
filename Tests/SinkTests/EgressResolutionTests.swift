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

    /// What keeps a connection from being made when the name server answers so; nil where nothing does.
    private func problem(connectingTo addresses: String, naming networks: [String]) async throws -> String? {
        let target = Transfer.Target(
            address: try HTTPAddress("http://\(Self.name):\(receiver.port)/in"), timeoutMs: 5_000,
            connectTimeoutMs: 2_000,
            guarding: EgressGuard(named: networks.map { IPNetwork(stringLiteral: $0) }))
        return await Dialler().problem(connectingTo: target, by: "\(Self.name):\(receiver.port):\(addresses)")
    }

    /// Lives on the loop, as all that connects does.
    private actor Dialler {
        nonisolated var unownedExecutor: UnownedSerialExecutor { HTTPSink.loop.asUnownedSerialExecutor() }

        func problem(connectingTo target: Transfer.Target, by answer: String) async -> String? {
            let memory = CurlMemory()
            let link = CurlLink(to: target, on: HTTPSink.loop, sharing: memory)
            defer { withExtendedLifetime(memory) {} }
            let answers = curl_slist_append(nil, answer)
            defer { curl_slist_free_all(answers) }
            precondition(shim_set_list(link.easy, CURLOPT_RESOLVE, answers) == CURLE_OK)
            let problem = await withCheckedContinuation { done in link.open { done.resume(returning: $0) } }
            link.close()
            return problem
        }
    }

    @Test(arguments: [
        "127.0.0.1", "127.0.0.9,127.0.0.1", "127.0.0.1,127.0.0.9", "[::1],127.0.0.9,127.0.0.1",
        "169.254.169.254,127.0.0.1", "10.0.0.1,[fd00::1],127.0.0.1",
    ])
    func anAddressThatIsNotNamedIsNotReachedWhateverStandsBesideIt(_ addresses: String) async throws {
        #expect(try await problem(connectingTo: addresses, naming: ["127.0.0.9/32"]) == "The address is not public")
        receiver.stop()
        #expect(receiver.connections == 0)
    }

    @Test func aNameThatMeansSomethingElseTheNextTimeIsLookedAtAgain() async throws {
        #expect(try await problem(connectingTo: "127.0.0.1", naming: ["127.0.0.1/32"]) == nil)
        await receiver.firstConnection()
        #expect(
            try await problem(connectingTo: "127.0.0.2", naming: ["127.0.0.1/32"]) == "The address is not public")
        receiver.stop()
        #expect(receiver.connections == 1)
    }
}
