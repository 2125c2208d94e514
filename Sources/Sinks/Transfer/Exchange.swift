internal import Threads
internal import Wire

/// A request and its answer, over whatever connection: what is left to be sent, what was read, and who waits.
///
/// It belongs to the loop's thread, and is used again for many requests, one after the other.
final class Exchange {
    private static let bytesKeptMax = 64 << 10

    var reader = HTTPResponseReader()
    /// What carries it, or is to; nil while nothing does. Each holds the other until the exchange is over, or the connection
    /// closed.
    var connection: Connection?
    /// Whether the connection that it was sent over first had ended by then, which is no fault of the receiver's.
    var isSecondTry = false
    private var request: [UInt8] = []
    private var sentBytes = 0
    /// So much may be sent by now: all of it, but for a trial with a slow sender.
    private var dueBytes = 0
    private var pieceBytes = 0
    private var done: CheckedContinuation<Transfer.Answer, Never>?
    private var deadline: LoopTimer?
    /// Lets the next piece of a slow body go.
    private var pace: LoopTimer?

    /// - Parameter timedOut: called when there was no answer in time.
    init(on loop: EventLoop, timedOut: @escaping (Exchange) -> Void) {
        deadline = loop.timer { [unowned self] in timedOut(self) }
    }

    // MARK: From one request to the next

    /// Puts a request in, to be answered in time.
    func start(
        _ request: Transfer.Request, to target: Transfer.Target, done: CheckedContinuation<Transfer.Answer, Never>
    ) {
        self.done = done
        self.request.removeAll(keepingCapacity: true)
        target.append(request, to: &self.request)
        isSecondTry = false
        startOver()
        deadline?.arm(afterMs: target.timeoutMs)
    }

    /// Nothing of it counts as sent, and nothing as answered.
    func startOver() {
        sentBytes = 0
        dueBytes = request.count
        reader = HTTPResponseReader()
    }

    /// Hands the answer over to who waits for it.
    func finish(_ answer: Transfer.Answer) {
        deadline?.disarm()
        pace = nil
        connection = nil
        done?.resume(returning: answer)
        done = nil
        // A long one leaves nothing behind that the next ones have no use for.
        if request.capacity > Self.bytesKeptMax { request = [] }
    }

    // MARK: Sending

    var isSent: Bool { sentBytes == request.count }

    /// Sends what may be sent now and was not yet, as far as that goes without waiting.
    func send(over link: CurlLink) -> CurlLink.Moved {
        let request = request
        var moved = CurlLink.Moved.bytes(0)
        while sentBytes < dueBytes {
            moved = link.send(request.span.extracting(sentBytes..<dueBytes))
            guard case .bytes(let count) = moved else { break }
            sentBytes += count
        }
        return moved
    }

    /// Holds most of the body back, and has it go a piece a second.
    func slowDown(bodyBytes: Int, seconds: Int, on loop: EventLoop) {
        pieceBytes = max(1, bodyBytes / (seconds + 1))
        dueBytes = request.count - bodyBytes + min(pieceBytes, bodyBytes)
        pace = loop.timer { [unowned self] in
            dueBytes = min(request.count, dueBytes + pieceBytes)
            if dueBytes < request.count { pace?.arm(afterMs: 1_000) }
            connection?.send()
        }
        pace?.arm(afterMs: 1_000)
    }
}
