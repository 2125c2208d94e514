internal import Threads

/// Talks to a cluster of NATS servers: sends, and waits for what is answered, without holding a thread meanwhile.
///
/// It connects when it is first asked something, and goes on trying for as long as it lives.
public final class NATSClient: Sendable {
    private struct State {
        var link: NATSLink?
        var dialing: Task<Result<NATSLink, NATSFault>, Never>?
        var isClosed = false
    }

    private let settings: NATSSettings
    private let state = Lock(State())

    public init(_ settings: NATSSettings) {
        self.settings = settings
    }

    /// Whether there is a connection at this moment.
    public var isConnected: Bool { state.withLock { $0.link }?.isConnected ?? false }

    /// The longest message that the server takes.
    public func payloadBytesMax() async throws(NATSFault) -> Int64 {
        let link = try await link()
        guard link.isConnected else { throw .unreachable("") }
        return link.payloadBytesMax
    }

    /// Sends a message and waits for the answer to it.
    public func request(_ message: NATSMessage, timeoutMs: Int64) async throws(NATSFault) -> NATSMessage {
        let answers = try await link().ask(message, timeoutMs: timeoutMs)
        guard let answer = answers.first else { throw .unanswered }
        return answer
    }

    /// Asks a consumer for the next messages of its stream, so many or fewer: what it has within the time given.
    ///
    /// One at a time for each consumer. Where the connection breaks, messages may be lost on their way: the next one's
    /// ``StreamPlace/delivery`` shows it.
    public func pull(
        _ count: Int, from consumer: String, of stream: String, waitMs: Int64, timeoutMs: Int64
    ) async throws(NATSFault) -> [NATSMessage] {
        let request = NATSMessage(
            subject: "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(consumer)",
            body: Array(#"{"batch":\#(count),"expires":\#(waitMs * 1_000_000)}"#.utf8))
        return try await link().ask(request, answersMax: count, from: consumer, timeoutMs: timeoutMs)
    }

    /// Closes the connection. Who still waits is told so.
    public func close() async {
        let (link, dialing) = state.withLock { state in
            state.isClosed = true
            defer { (state.link, state.dialing) = (nil, nil) }
            return (state.link, state.dialing)
        }
        link?.end()
        if case .success(let late)? = await dialing?.value { late.end() }
    }

    // MARK: The connection

    private enum Way {
        case link(NATSLink)
        case dialing(Task<Result<NATSLink, NATSFault>, Never>)
    }

    /// The connection there is, or a new one where there was none or the library gave it up.
    private func link() async throws(NATSFault) -> NATSLink {
        let dialing: Task<Result<NATSLink, NATSFault>, Never>
        switch try way() {
        case .link(let link): return link
        case .dialing(let task): dialing = task
        }
        let result = await dialing.value
        state.withLock { state in
            guard state.dialing == dialing else { return }
            state.dialing = nil
            if case .success(let link) = result { state.link = link }
        }
        return try result.get()
    }

    private func way() throws(NATSFault) -> Way {
        try state.withLock { (state) throws(NATSFault) in
            guard !state.isClosed else { throw .closed }
            if let link = state.link, !link.isClosed { return .link(link) }
            state.link = nil
            let dialing = state.dialing ?? Task { [settings] in await Self.dial(settings) }
            state.dialing = dialing
            return .dialing(dialing)
        }
    }

    /// On a thread of its own, since the library waits for the first connection on the caller's.
    private static func dial(_ settings: NATSSettings) async -> Result<NATSLink, NATSFault> {
        let dialer = Dialer()
        let result = await dialer.dial(settings)
        dialer.stop()
        return result
    }
}
