internal import Threads

/// Sends requests to one address, many at a time, over connections that libcurl makes, on a loop that outlives it.
///
/// Nothing but the settings decides where a request goes: no environment variable, no file in someone's home, no redirect.
actor Transfer {
    /// What is posted; beside its own fields it carries those of the ``Target``.
    struct Request: Sendable {
        var headers: [Header]
        var body: [UInt8]
    }

    enum Answer: Sendable, Equatable {
        /// The whole of an answer came, or as much of it as anybody would want to have.
        case status(Int, retryAfter: String?)
        /// No answer came, in words that quote nothing.
        case failed(String)
        /// It cannot be sent as it is.
        case unsendable
    }

    private static let closed = "the sink is closed"

    private let loop: EventLoop
    private let target: Target
    /// Made when first needed, which is on the loop's thread; nil again once closed.
    private var engine: TransferEngine?
    private var isClosed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    init(to target: Target, on loop: EventLoop) {
        CurlLibrary.prepare()
        self.target = target
        self.loop = loop
    }

    /// Sends a request with POST and returns what came of it, within the target's time-out.
    func post(_ request: Request) async -> Answer {
        guard request.headers.allSatisfy(\.isSendable) else { return .unsendable }
        return await withCheckedContinuation { done in
            // Asked here and not before: the way here can be a stop on the loop, and it may be closed meanwhile.
            guard !isClosed else { return done.resume(returning: .failed(Self.closed)) }
            startEngine().start(request, done: done)
        }
    }

    private func startEngine() -> TransferEngine {
        let engine = engine ?? TransferEngine(loop: loop, target: target)
        self.engine = engine
        return engine
    }

    /// Makes a connection, sends nothing, and closes it again.
    /// - Returns: why it could not be made; nil where it could.
    func tryOut() async -> String? {
        await withCheckedContinuation { done in
            guard !isClosed else { return done.resume(returning: Self.closed) }
            startEngine().tryOut(done)
        }
    }

    /// Gives up what is under way, and closes all connections. Nothing is sent afterwards.
    func close() {
        isClosed = true
        engine?.close()
        engine = nil
    }
}
