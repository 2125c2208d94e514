internal import Model
public import NATS
internal import Wire

extension NATSClient {
    /// Makes a stream that takes these subjects.
    public func makeStream(_ name: String, _ subjects: String...) async throws {
        _ = try await ask(
            "STREAM.CREATE.\(name)",
            [
                Verbatim.Member(name: "name", value: .string(name)),
                Verbatim.Member(name: "subjects", value: .array(subjects.map { .string($0) })),
            ], timeoutMs: 5_000)
    }

    /// How many messages a stream holds.
    public func messageCount(of stream: String) async throws -> Int64? {
        try await ask("STREAM.INFO.\(stream)", timeoutMs: 5_000)["state"]?["messages"]?.integer
    }
}
