public import Model
public import Threads

/// Posts events to an address, as CloudEvents, signed as Standard Webhooks.
///
/// It tries once, and says what came of it. A receiver that sees an event twice tells by `webhook-id`, which is the
/// event's own.
public final class HTTPSink: Sink {
    /// How many descriptors a connection takes: its socket, and libcurl's own two.
    public static let descriptorsEach = 3

    public let batchMax: Int
    public let concurrency: Int

    private let settings: Settings
    private let signature: WebhookSignature
    private let transfer: Transfer
    private let now: @Sendable () -> Instant

    /// - Parameter loop: where it works. It outlives the sink, and whoever delivers from there changes no thread for it.
    public init(
        _ settings: Settings, on loop: EventLoop, now: @escaping @Sendable () -> Instant
    ) throws(SinkError) {
        try settings.check()
        self.settings = settings
        self.now = now
        batchMax = settings.format == .batched ? settings.batchMax : 1
        concurrency = settings.concurrency
        signature = WebhookSignature(secrets: settings.secrets)
        transfer = Transfer(to: try Self.target(settings), on: loop)
    }

    private static func target(_ settings: Settings) throws(SinkError) -> Transfer.Target {
        try Transfer.Target(
            address: HTTPAddress(settings.url),
            headers: settings.headers.map { Transfer.Header(name: $0.name, value: $0.value) },
            timeoutMs: settings.timeoutMs, connectTimeoutMs: settings.connectTimeoutMs,
            guarding: EgressGuard(named: settings.allowedNetworks), tls: settings.tls)
    }

    /// Connects to where events would go, TLS included, and sends nothing.
    /// - Returns: why that cannot be done; nil where it can.
    public static func problem(connectingWith settings: Settings, on loop: EventLoop) async -> String? {
        do throws(SinkError) {
            try settings.check()
            let transfer = Transfer(to: try target(settings), on: loop)
            let problem = await transfer.tryOut()
            await transfer.close()
            return problem
        } catch {
            return error.description
        }
    }

    /// What is wrong with an address that events are to be posted to; nil where nothing is.
    public static func problem(withURL url: String) -> String? {
        do throws(SinkError) {
            _ = try HTTPAddress(url)
            return nil
        } catch {
            return error.description
        }
    }

    /// What is wrong with a network that may be reached although it is not public; nil where nothing is.
    public static func problem(withNetwork network: IPNetwork) -> String? {
        EgressGuard.problem(with: network)
    }

    /// What is wrong with a header field that every request is to carry; nil where nothing is.
    public static func problem(withHeader name: String, value: String) -> String? {
        do throws(SinkError) {
            try Settings.check(header: name, value)
            return nil
        } catch {
            return error.description
        }
    }

    /// The bytes of a signing key in the form an operator has it in: `whsec_` and Base64, Base64 of 24 bytes or more, or
    /// the key itself as text. Nil where it cannot be one.
    public static func signingKey(_ configured: String) -> [UInt8]? {
        WebhookSignature.key(configured)
    }

    /// One request; in the batched format as few as their size allows, one after the other. A request's answer speaks for
    /// all entries in it.
    public nonisolated(nonsending) func deliver(_ entries: [Entry]) async -> Delivered {
        var outcomes: [Delivery] = []
        for group in grouped(entries) {
            let outcome = await post(group)
            outcomes += group.map { _ in outcome }
        }
        return Delivered(outcomes: outcomes)
    }

    public func close() async {
        await transfer.close()
    }

    /// The entries of each request.
    private func grouped(_ entries: [Entry]) -> [ArraySlice<Entry>] {
        guard settings.format == .batched else { return entries.indices.map { entries[$0...$0] } }
        var groups: [ArraySlice<Entry>] = []
        var start = 0
        var bytes = 0
        for (index, entry) in entries.enumerated() {
            if index > start, bytes + entry.event.bytes.count > Settings.bodyBytesMax {
                groups.append(entries[start..<index])
                start = index
                bytes = 0
            }
            bytes += entry.event.bytes.count
        }
        if start < entries.count { groups.append(entries[start...]) }
        return groups
    }

    private nonisolated(nonsending) func post(_ entries: ArraySlice<Entry>) async -> Delivery {
        guard let message = message(for: entries) else { return .never(reason: "the event cannot be read") }
        let signed = signature.headers(id: message.id, body: message.body, at: now())
        let answer = await transfer.post(Transfer.Request(headers: message.headers + signed, body: message.body))
        return Delivery(answer, at: now())
    }

    private func message(for entries: ArraySlice<Entry>) -> CloudEventMessage? {
        guard let first = entries.first else { return nil }
        return switch settings.format {
        case .structured: CloudEventMessage(structured: first)
        case .binary: CloudEventMessage(binary: first)
        case .batched: CloudEventMessage(batched: entries)
        }
    }
}

extension Delivery {
    /// What an answer means for the entries that it speaks for.
    init(_ answer: Transfer.Answer, at now: Instant) {
        switch answer {
        case .status(200...299, _): self = .taken
        case .status(410, _): self = .gone(reason: "status 410")
        case .status(let status, _) where 300...399 ~= status:
            self = .never(reason: "redirect \(status), which is not followed")
        case .status(let status, let retryAfter)
        where [408, 425, 429].contains(status) || !(400...499 ~= status):
            self = .later(
                reason: "status \(status)", waitMs: retryAfter.flatMap { RetryAfter($0, at: now)?.waitMs })
        case .status(let status, _): self = .never(reason: "status \(status)")
        case .failed(let reason): self = .later(reason: reason, waitMs: nil)
        case .unsendable: self = .never(reason: "a header that cannot be sent")
        }
    }
}
