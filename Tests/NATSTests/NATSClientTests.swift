import Foundation
import Model
import NATSKit
import Testing
import Wire

@testable import NATS

/// Goal: what a server says reaches who asked, and where it says nothing that is said too, by its own name.
@Suite(.timeLimit(.minutes(2)))
struct NATSClientTests {
    /// Asks until there is an answer: the library connects again by itself, and does not say when.
    private func persist<Answer>(
        _ ask: () async throws(NATSFault) -> Answer
    ) async throws -> Answer {
        while true {
            do throws(NATSFault) {
                return try await ask()
            } catch {
                switch error {
                case .unreachable, .unanswered, .nobody: try await Task.sleep(for: .milliseconds(20))
                default: throw error
                }
            }
        }
    }

    @Test func aMessageIsAcknowledgedByItsStreamAndKnownByItsID() async throws {
        let server = try await NATSServer()
        let client = NATSClient(server.settings)
        try await client.makeStream("orders", "orders.>")
        let message = NATSMessage(
            subject: "orders.new", headers: [NATSMessage.Header(name: "Nats-Msg-Id", value: "a")],
            body: [0, 13, 10, 255])
        let first = try await client.publish(message, timeoutMs: 5_000)
        #expect(first == Acknowledgement(stream: "orders", sequence: 1, isDuplicate: false))
        let second = try await client.publish(message, timeoutMs: 5_000)
        #expect(second == Acknowledgement(stream: "orders", sequence: 1, isDuplicate: true))
        let stored = try await client.ask(
            "STREAM.MSG.GET.orders", [Verbatim.Member(name: "seq", value: .integer(1))], timeoutMs: 5_000)
        #expect(stored["message"]?["data"]?.string == Base64.encode([0, 13, 10, 255]))
        await client.close()
    }

    @Test func manyAtOnceEachGetTheirOwnAnswer() async throws {
        let server = try await NATSServer()
        let client = NATSClient(server.settings)
        try await client.makeStream("orders", "orders.>")
        let sequences = try await withThrowingTaskGroup(of: Int64.self) { tasks in
            for number in 0..<500 {
                tasks.addTask {
                    try await client.publish(NATSMessage(subject: "orders.\(number)"), timeoutMs: 5_000).sequence
                }
            }
            return try await tasks.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect(sequences == Set(1...500))
        await client.close()
    }

    @Test func errorsAreToldApart() async throws {
        let server = try await NATSServer("max_payload: 1024")
        let client = NATSClient(server.settings)
        await #expect(throws: NATSFault.nobody) {
            try await client.publish(NATSMessage(subject: "nobody.listens"), timeoutMs: 5_000)
        }
        await #expect(throws: NATSFault.refused(code: 10_059, reason: "stream not found")) {
            try await client.ask("STREAM.INFO.none", timeoutMs: 5_000)
        }
        try await client.makeStream("orders", "orders.>")
        await #expect(throws: NATSFault.tooLarge) {
            try await client.publish(
                NATSMessage(subject: "orders.a", body: [UInt8](repeating: 0, count: 2_000)), timeoutMs: 5_000)
        }
        let split = NATSMessage(subject: "orders.a", headers: [NATSMessage.Header(name: "a", value: "b\r\nc: d")])
        await #expect(throws: NATSFault.unsendable("a header that cannot be sent")) {
            try await client.publish(split, timeoutMs: 5_000)
        }
        #expect(try await client.payloadBytesMax() == 1_024)
        await client.close()
        await #expect(throws: NATSFault.closed) {
            try await client.publish(NATSMessage(subject: "orders.a"), timeoutMs: 5_000)
        }
    }

    @Test func aServerThatGoesAndComesBackIsFoundAgain() async throws {
        let server = try await NATSServer()
        let client = NATSClient(server.settings)
        try await client.makeStream("orders", "orders.>")
        _ = try await client.publish(NATSMessage(subject: "orders.a"), timeoutMs: 5_000)
        // It takes no more, and does not say so: the answer is waited for, and no longer than asked.
        try await server.freeze()
        await #expect(throws: NATSFault.unanswered) {
            try await client.publish(NATSMessage(subject: "orders.b"), timeoutMs: 200)
        }
        server.thaw()
        await server.kill()
        await #expect(throws: NATSFault.self) {
            try await client.publish(NATSMessage(subject: "orders.c"), timeoutMs: 1_000)
        }
        try await server.start()
        let again = try await persist { () throws(NATSFault) in
            try await client.publish(NATSMessage(subject: "orders.d"), timeoutMs: 1_000)
        }
        #expect(again.sequence >= 2)
        await client.close()
    }

    @Test func nobodyIsThereAtFirst() async throws {
        let server = try await NATSServer()
        await server.kill()
        let client = NATSClient(server.settings)
        await #expect(throws: NATSFault.self) {
            try await client.ask("INFO", timeoutMs: 500)
        }
        try await server.start()
        let info = try await persist { () throws(NATSFault) in try await client.ask("INFO", timeoutMs: 1_000) }
        #expect(info["streams"]?.integer == 0)
        await client.close()
    }

    @Test func aConsumerBringsWhatThereIs() async throws {
        let server = try await NATSServer()
        let client = NATSClient(server.settings)
        try await client.makeStream("orders", "orders.>")
        for number in 0..<3 {
            _ = try await client.publish(NATSMessage(subject: "orders.\(number)", body: [7]), timeoutMs: 5_000)
        }
        let consumer = try await client.ask(
            "CONSUMER.CREATE.orders",
            [
                Verbatim.Member(name: "stream_name", value: .string("orders")),
                Verbatim.Member(
                    name: "config",
                    value: .object([Verbatim.Member(name: "ack_policy", value: .string("none"))])),
            ], timeoutMs: 5_000)
        let name = try #require(consumer["name"]?.string)
        let first = try await client.pull(2, from: name, of: "orders", waitMs: 5_000, timeoutMs: 5_000)
        #expect(first.map(\.subject) == ["orders.0", "orders.1"])
        let rest = try await client.pull(10, from: name, of: "orders", waitMs: 100, timeoutMs: 5_000)
        #expect(rest.map(\.body) == [[7]])
        #expect(rest.first?.place?.consumer == name && rest.first?.place?.sequence == 3)
        #expect(rest.first?.place?.delivery == 3 && rest.first?.place?.pending == 0)
        #expect(try await client.pull(10, from: name, of: "orders", waitMs: 100, timeoutMs: 5_000).isEmpty)
        await client.close()
    }
}
