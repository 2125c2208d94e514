import Model
import Testing

@testable import Sinks

/// Goal: events go to nobody who cannot prove who they are, and requests go over TLS as they go without.
///
/// Method: another's implementation of TLS, and certificates made for the test.
@Suite(.timeLimit(.minutes(1)))
struct SinkTLSTests {
    private func transfer(to url: String, _ tls: ClientTLS?) throws -> Transfer {
        Transfer(
            to: Transfer.Target(
                address: try HTTPAddress(url), timeoutMs: 20_000, connectTimeoutMs: 5_000,
                guarding: EgressGuard(named: ["127.0.0.0/8"]), tls: tls),
            on: HTTPSink.loop)
    }

    private func answers(
        from url: String, _ tls: ClientTLS?, bodyBytes: [Int] = [2]
    ) async throws -> [Transfer.Answer] {
        let transfer = try transfer(to: url, tls)
        var answers: [Transfer.Answer] = []
        for count in bodyBytes {
            answers.append(
                await transfer.post(Transfer.Request(headers: [], body: [UInt8](repeating: 0x62, count: count))))
        }
        await transfer.close()
        return answers
    }

    @Test func manyRequestsShareAConnectionWhoseAuthorityIsNamed() async throws {
        let receiver = try TLSReceiver()
        let answers = try await answers(
            from: "https://localhost:\(receiver.port)/in", receiver.trust,
            bodyBytes: [2, 16 << 20, 0, 70_000])
        #expect(answers == (1...4).map { .status(200, retryAfter: "\($0)") })
    }

    /// What is left of a record makes no socket ready.
    @Test func whatCameInARecordWithAnAnswerIsNoAnswerToTheNextRequest() async throws {
        let receiver = try TLSReceiver()
        let transfer = try transfer(to: "https://localhost:\(receiver.port)/in", receiver.trust)
        let answer = ConnectionTests.padded("HTTP/1.1 200 OK\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", to: 4_096)
        let record = answer + "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
        let say = Transfer.Header(name: "x-say", value: record.replacing("\r\n", with: "\\r\\n"))
        #expect(await transfer.post(.init(headers: [say], body: [0x62])) == .status(200, retryAfter: "7"))
        #expect(await transfer.post(.init(headers: [], body: [0x62])) == .status(200, retryAfter: "1"))
        await transfer.close()
    }

    @Test func anAuthorityThatNobodyNamedProvesNothing() async throws {
        let receiver = try TLSReceiver()
        let answers = try await answers(from: "https://localhost:\(receiver.port)/in", nil)
        #expect(answers == [.failed("SSL peer certificate or SSH remote key was not OK")])
    }

    @Test func whereOneIsNamedTheOthersProveNothing() async throws {
        let receiver = try TLSReceiver()
        let other = try TLSReceiver()
        let answers = try await answers(from: "https://localhost:\(receiver.port)/in", other.trust)
        #expect(answers == [.failed("SSL peer certificate or SSH remote key was not OK")])
    }

    @Test func aCertificateForAnotherNameProvesNothing() async throws {
        let receiver = try TLSReceiver()
        let answers = try await answers(from: "https://127.0.0.1:\(receiver.port)/in", receiver.trust)
        #expect(answers == [.failed("SSL peer certificate or SSH remote key was not OK")])
    }

    @Test func provesWhoWeAreWhereThatIsAskedFor() async throws {
        let receiver = try TLSReceiver(asksForCertificate: true)
        let url = "https://localhost:\(receiver.port)/in"
        #expect(try await answers(from: url, receiver.proof) == [.status(200, retryAfter: "1")])
        let unknown = try await answers(from: url, receiver.trust)
        guard case .failed = unknown.first else {
            Issue.record("\(unknown)")
            return
        }
    }
}
