internal import Model
internal import Sinks
internal import Threads

extension Settings.Sink {
    /// The sink itself, where it last was.
    /// - Parameter loop: where it does what does not block.
    func open(
        position: [UInt8], on loop: EventLoop, now: @escaping @Sendable () -> Instant
    ) async throws(SinkError) -> any Sink {
        switch kind {
        case .file(let file):
            return try await FileSink.open(file, position: position, now: now)
        case .http(let http):
            return try HTTPSink(HTTPSink.Settings(http), on: loop, now: now)
        case .nats(let nats): return NATSSink(NATSSink.Settings(nats))
        }
    }

    /// How the sink wants to be served.
    func policy(for sink: any Sink) -> Outbox.Policy {
        switch kind {
        case .file:
            // A file keeps the journal's order and passes nothing over, so nothing is ever given up either. Each batch is
            // an fsync, and a line that is there some milliseconds later is missed by nobody.
            Outbox.Policy(
                order: .journal, batchMax: sink.batchMax, concurrency: sink.concurrency,
                backoff: Backoff(firstMs: 250, longestMs: 5_000), patienceMs: .max, gatherMs: 50)
        case .http(let http): Self.policy(for: sink, http.order, http.retry)
        case .nats(let nats): Self.policy(for: sink, nats.order, nats.retry)
        }
    }

    private static func policy(
        for sink: any Sinks.Sink, _ order: Settings.HTTP.Order, _ retry: Settings.Retry
    ) -> Outbox.Policy {
        Outbox.Policy(
            order: order == .subject ? .subject : .none, batchMax: sink.batchMax, concurrency: sink.concurrency,
            backoff: Backoff(firstMs: retry.firstMs, longestMs: retry.longestMs), patienceMs: retry.patienceMs)
    }
}

extension NATSSink.Settings {
    init(_ nats: Settings.NATS) {
        self.init(
            servers: nats.servers, subject: nats.subject, concurrency: nats.concurrency, timeoutMs: nats.timeoutMs)
    }
}

extension HTTPSink.Settings {
    init(_ http: Settings.HTTP) {
        let format: Format =
            switch http.format {
            case .structured: .structured
            case .binary: .binary
            case .batched: .batched
            }
        self.init(
            url: http.url, secrets: http.secrets,
            headers: http.headers.map { ($0.name, String(decoding: $0.key, as: UTF8.self)) }, format: format,
            concurrency: http.concurrency,
            timeoutMs: http.timeoutMs, allowedNetworks: http.allowedNetworks, tls: http.tls)
    }
}
