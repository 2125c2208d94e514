internal import Model
internal import Threads

/// Posts a request as a sender on a bad line does: its body comes in pieces, a second apart.
///
/// For trials of a front door; nothing that is delivered goes this way.
public enum SlowPost {
    /// So long the body takes, at least.
    public static let bodySeconds = 2

    /// Far beyond what a front door would wait.
    private static let timeoutMs: Int64 = 120_000

    /// - Returns: the answer's status; nil where none came.
    public static func send(
        to url: String, headers: [(name: String, value: String)], body: [UInt8]
    ) async throws(SinkError) -> Int? {
        let headers = headers.map { Transfer.Header(name: $0.name, value: $0.value) }
        guard headers.allSatisfy(\.isSendable) else { throw .badSetting("a header that cannot be sent") }
        let target = Transfer.Target(
            address: try HTTPAddress(url), headers: headers, timeoutMs: timeoutMs, connectTimeoutMs: timeoutMs,
            // Whoever tries a door out has named it.
            guarding: EgressGuard(named: anywhere), bodySeconds: bodySeconds)
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "slow post")
        } catch {
            throw .unavailable("a loop for requests cannot be made: \(error)")
        }
        defer { loop.stop() }
        let transfer = Transfer(to: target, on: loop)
        let answer = await transfer.post(Transfer.Request(headers: [], body: body))
        await transfer.close()
        guard case .status(let status, _) = answer else { return nil }
        return status
    }

    private static let anywhere: [IPNetwork] = ["0.0.0.0/0", "::/0"]
}
