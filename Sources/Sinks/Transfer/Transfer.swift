internal import Threads

/// Sends requests to one address with libcurl, many at a time, on a loop that outlives it.
///
/// Nothing but the settings decides where a request goes: no environment variable, no file in someone's home, no redirect.
@safe actor Transfer {
    /// Where requests go, and how long they may take.
    struct Target: Sendable {
        /// Checked by ``HTTPAddress``.
        var url: String
        /// For a request as a whole, from its first step to the last byte of its answer.
        var timeoutMs: Int64
        var connectTimeoutMs: Int64
        var guarding: EgressGuard
        /// How many connections are kept for later requests.
        var connectionsMax: Int
        /// Whether a connection is all that is wanted, and nothing is sent on it.
        var connectsOnly = false
        /// How long the body of a request takes on its way, at least; nothing but a trial wants any of that.
        var bodySeconds = 0
    }

    struct Request: Sendable {
        var headers: [Header]
        var body: [UInt8]
    }

    struct Header: Sendable, Equatable {
        var name: String
        var value: String

        /// Whether it can be sent without becoming something else: a token, and no byte that could end the line.
        var isSendable: Bool {
            !name.isEmpty && name.utf8.allSatisfy(Self.isToken)
                && !value.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        }

        private static func isToken(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
                true
            default: "!#$%&'*+.^_`|~".utf8.contains(byte)
            }
        }
    }

    enum Answer: Sendable, Equatable {
        /// The whole of an answer came, or as much of it as anybody would want to have.
        case status(Int, retryAfter: String?)
        /// No answer came, in words that quote nothing.
        case failed(String)
        /// It cannot be sent as it is.
        case unsendable
    }

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
        guard !isClosed else { return .failed("the sink is closed") }
        let engine = engine ?? TransferEngine(loop: loop, target: target)
        self.engine = engine
        return await withCheckedContinuation { engine.start(request, done: $0) }
    }

    /// Gives up what is under way, and closes all connections. Nothing is sent afterwards.
    func close() {
        isClosed = true
        engine?.close()
        engine = nil
    }
}
