import CCurl
internal import Threads
internal import Wire

/// A connection to the target, and the exchange that it carries, if it carries one just now.
///
/// It belongs to the loop's thread.
final class Connection {
    /// What became of an exchange.
    enum Outcome {
        case answered(HTTPResponseReader.Answer)
        case failed(String)
        /// The connection had ended before the request came through, though it had carried others: to be sent again.
        case stale
    }

    private let link: CurlLink
    private let loop: EventLoop
    /// Called at the end of each exchange, and with none when the connection has ended by itself.
    private let concluded: (Connection, Exchange?, Outcome) -> Void
    private var exchange: Exchange?
    private var whenReadable: Watch?
    private var whenWritable: Watch?
    /// Whether an answer has come over it.
    private var isProved = false
    private var isOpen = false
    /// Whether nothing was sent over it since the pool was last looked through.
    var isResting = false
    private var room = [UInt8](repeating: 0, count: 4_096)

    init(
        to target: Transfer.Target, on loop: EventLoop, sharing memory: CurlMemory,
        concluded: @escaping (Connection, Exchange?, Outcome) -> Void
    ) {
        link = CurlLink(to: target, on: loop, sharing: memory)
        self.loop = loop
        self.concluded = concluded
    }

    /// Connects, and says what keeps it from being connected; nil where nothing does.
    func open(_ whenOpen: @escaping (_ problem: String?) -> Void) {
        link.open { [unowned self] problem in
            guard problem == nil, let socket = link.socket else {
                return whenOpen(problem ?? CurlLibrary.words(for: CURLE_COULDNT_CONNECT))
            }
            isOpen = true
            whenReadable = loop.watch(socket, for: .reading) { [unowned self] _ in receive() }
            whenOpen(nil)
        }
    }

    /// Connects for an exchange, and sends its request.
    func open(for exchange: Exchange) {
        self.exchange = exchange
        open { [unowned self] problem in
            if let problem { conclude(exchange, .failed(problem)) } else { send() }
        }
    }

    /// Whether nothing came since the last answer, which would be taken for the next one. Else it is closed.
    ///
    /// What is left of a record of TLS makes no socket ready, and what came in the same breath as the answer waits for a pass
    /// of the loop: so it is asked for.
    func isQuiet() -> Bool {
        receive()
        return isOpen
    }

    /// Sends the request of an exchange over the connection, which is open, quiet, and carries none.
    func carry(_ exchange: Exchange) {
        self.exchange = exchange
        isResting = false
        send()
    }

    /// Closes it.
    /// - Returns: the exchange that it was to carry. Nobody is told what became of that.
    @discardableResult
    func close() -> Exchange? {
        defer { exchange = nil }
        isOpen = false
        // Before the socket is closed.
        whenReadable?.cancel()
        whenWritable?.cancel()
        link.close()
        return exchange
    }

    // MARK: Sending

    /// Sends what may be sent and was not yet.
    func send() {
        guard isOpen, let exchange else { return }
        switch exchange.send(over: link) {
        case .bytes:
            whenWritable = nil
        case .notYet:
            guard whenWritable == nil, let socket = link.socket else { return }
            whenWritable = loop.watch(socket, for: .writing) { [unowned self] _ in send() }
        case .failed:
            // Who wants no more of a request may have said why.
            receive()
            if self.exchange === exchange { lose(CURLE_SEND_ERROR) }
        }
    }

    // MARK: Receiving

    /// Reads what is there, up to the end of the answer.
    private func receive() {
        while isOpen {
            switch link.receive(into: &room) {
            case .bytes(0): return lose(nil)
            case .bytes(let count):
                guard let exchange else { return conclude(nil, .failed("bytes that nobody asked for")) }
                guard read(room.span.extracting(..<count), of: exchange) else { return }
            case .notYet: return
            case .failed: return lose(CURLE_RECV_ERROR)
            }
        }
    }

    /// Whether the answer goes on.
    private func read(_ bytes: Span<UInt8>, of exchange: Exchange) -> Bool {
        do throws(HTTPResponseReader.Fault) {
            var (consumed, answer) = try exchange.reader.read(bytes)
            // What follows the answer, or comes before the request is sent, would be taken for the next one.
            if consumed < bytes.count || !exchange.isSent { answer?.keepsAlive = false }
            guard let answer else { return true }
            isProved = true
            conclude(exchange, .answered(answer))
        } catch {
            conclude(exchange, .failed(error.words))
        }
        return false
    }

    /// The connection has ended, in order or by an error.
    private func lose(_ error: CURLcode?) {
        guard let exchange else { return conclude(nil, .failed("the connection has ended")) }
        guard exchange.reader.hasBegun || !isProved || exchange.isSecondTry else { return conclude(exchange, .stale) }
        if let error { return conclude(exchange, .failed(CurlLibrary.words(for: error))) }
        do throws(HTTPResponseReader.Fault) {
            conclude(exchange, .answered(try exchange.reader.end()))
        } catch {
            conclude(exchange, .failed(error.words))
        }
    }

    private func conclude(_ exchange: Exchange?, _ outcome: Outcome) {
        self.exchange = nil
        whenWritable = nil
        concluded(self, exchange, outcome)
    }
}

extension HTTPResponseReader.Fault {
    /// In words that quote nothing of the answer.
    fileprivate var words: String {
        switch self {
        case .notHTTP: "The answer is not HTTP/1.1"
        case .headTooLong: "The header of the answer is too long"
        case .badChunk: "The chunks of the answer cannot be told apart"
        case .nothing: CurlLibrary.words(for: CURLE_GOT_NOTHING)
        case .cutShort: CurlLibrary.words(for: CURLE_PARTIAL_FILE)
        }
    }
}
