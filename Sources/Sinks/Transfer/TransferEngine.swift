internal import Threads
internal import Wire

/// Requests to one target over a pool of connections: one exchange on a connection at a time, and as many connections as
/// there are exchanges at once.
///
/// It belongs to the loop's thread, with everything in it.
final class TransferEngine {
    private static let closed = "the sink was closed"

    private let loop: EventLoop
    private let target: Transfer.Target
    private let memory = CurlMemory()
    private var connections: [ObjectIdentifier: Connection] = [:]
    /// Open connections that carry nothing, the one that did last at the end.
    private var idle: [Connection] = []
    /// Exchanges that are over, to be used again. There are never more than were under way at once.
    private var spare: [Exchange] = []
    /// Who waits for a connection that is only tried out.
    private var trials: [ObjectIdentifier: CheckedContinuation<String?, Never>] = [:]
    private var sweep: LoopTimer?
    private var isSweepArmed = false

    init(loop: EventLoop, target: Transfer.Target) {
        self.loop = loop
        self.target = target
        sweep = loop.timer { [unowned self] in closeResting() }
    }

    deinit {
        precondition(sweep == nil, "an engine was let go without being closed")
    }

    func start(_ request: Transfer.Request, done: CheckedContinuation<Transfer.Answer, Never>) {
        let exchange = spare.popLast() ?? Exchange(on: loop) { [unowned self] in timedOut($0) }
        exchange.start(request, to: target, done: done)
        if target.bodySeconds > 0 {
            exchange.slowDown(bodyBytes: request.body.count, seconds: target.bodySeconds, on: loop)
        }
        guard let connection = takeIdle() else { return open(for: exchange) }
        exchange.connection = connection
        connection.carry(exchange)
    }

    /// Makes a connection and closes it again, and says what keeps it from being made; nil where nothing does.
    func tryOut(_ done: CheckedContinuation<String?, Never>) {
        let connection = newConnection()
        trials[ObjectIdentifier(connection)] = done
        connection.open { [unowned self, unowned connection] problem in
            let done = trials.removeValue(forKey: ObjectIdentifier(connection))
            close(connection)
            done?.resume(returning: problem)
        }
    }

    /// Gives up what is under way and closes all connections.
    func close() {
        sweep = nil
        for connection in connections.values { connection.close()?.finish(.failed(Self.closed)) }
        for done in trials.values { done.resume(returning: Self.closed) }
        trials.removeAll()
        connections.removeAll()
        idle.removeAll()
    }

    // MARK: Connections

    private func newConnection() -> Connection {
        let connection = Connection(to: target, on: loop, sharing: memory) { [unowned self] in concluded($0, $1, $2) }
        connections[ObjectIdentifier(connection)] = connection
        return connection
    }

    /// A connection that can carry a request at once.
    private func takeIdle() -> Connection? {
        while let connection = idle.popLast() {
            if connection.isQuiet() { return connection }
        }
        return nil
    }

    private func open(for exchange: Exchange) {
        let connection = newConnection()
        exchange.connection = connection
        connection.open(for: exchange)
    }

    private func close(_ connection: Connection) {
        connection.close()
        connections[ObjectIdentifier(connection)] = nil
    }

    private func armSweep() {
        guard !isSweepArmed else { return }
        isSweepArmed = true
        sweep?.arm(afterMs: target.restMs)
    }

    private func closeResting() {
        isSweepArmed = false
        for connection in idle where connection.isResting { close(connection) }
        idle.removeAll { $0.isResting }
        for connection in idle { connection.isResting = true }
        if !idle.isEmpty { armSweep() }
    }

    // MARK: Ends of exchanges

    private func concluded(_ connection: Connection, _ exchange: Exchange?, _ outcome: Connection.Outcome) {
        if case .answered(let answer) = outcome, answer.keepsAlive {
            idle.append(connection)
            armSweep()
        } else {
            close(connection)
            if exchange == nil { idle.removeAll { $0 === connection } }
        }
        guard let exchange else { return }
        switch outcome {
        case .answered(let answer):
            finish(exchange, .status(answer.status, retryAfter: answer.retryAfter))
        case .failed(let why):
            finish(exchange, .failed(why))
        case .stale:
            exchange.isSecondTry = true
            exchange.startOver()
            open(for: exchange)
        }
    }

    private func timedOut(_ exchange: Exchange) {
        if let connection = exchange.connection { close(connection) }
        finish(exchange, .failed(CurlLibrary.timedOut))
    }

    private func finish(_ exchange: Exchange, _ answer: Transfer.Answer) {
        exchange.finish(answer)
        spare.append(exchange)
    }
}
