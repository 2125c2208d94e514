import Testing

@testable import Sinks

/// Goal: a door can be tried out with a sender on a bad line.
@Suite(.timeLimit(.minutes(1)))
struct SlowPostTests {
    @Test func theBodyComesInPiecesAndWhole() async throws {
        let receiver = try Receiver([.status("200 OK")])
        let body = Array("{\"text\":\"Blåbær\"}".utf8)
        let status = try await SlowPost.send(
            to: receiver.url, headers: [("X-Signature", "abc"), ("Content-Type", "application/json")], body: body)
        #expect(status == 200)
        let request = try #require(receiver.requests.first)
        #expect(request.body == body && request["x-signature"] == "abc")
        #expect(request.pieces > SlowPost.bodySeconds, "\(request.pieces)")
        receiver.stop()
    }

    @Test func noAnswerIsNoStatus() async throws {
        let receiver = try Receiver([.reset("")])
        #expect(try await SlowPost.send(to: receiver.url, headers: [], body: [0x20]) == nil)
        receiver.stop()
    }
}
