import Glibc
public import Model
public import Threads
import Wire

/// Listens for webhooks, and holds each request open until its reply comes.
///
/// There is one on each loop. It never decodes and never waits on a disk: what lets a request in says who answers it. Once
/// it listens it lives until it is drained.
@safe public actor Front {
    /// What answers a request. It is called on the loop's thread, and has to suspend rather than block.
    public typealias Handler = nonisolated(nonsending) @Sendable (Webhook) async -> Reply
    /// What answers requests that came together: it gives each its reply, once, by its place among them, as soon as it has it
    /// and before it returns. It is called on the loop's thread, and has to suspend rather than block.
    public typealias BatchHandler =
        nonisolated(nonsending) @Sendable ([Webhook], _ reply: (_ place: Int, Reply) -> Void) async -> Void
    /// What looks at a request's head, whose body is still empty, before any of the body is taken.
    public typealias Gate = @Sendable (Webhook) -> Admission

    let loop: EventLoop
    /// What the tasks that answer requests prefer.
    let preference: ThreadPreference
    let limits: Limits
    let occupancy: Occupancy
    private let address: ListenAddress
    private let sharing: AddressSharing
    private let now: @Sendable () -> Instant
    let monotonicMs: @Sendable () -> Int64
    private let gate: Gate
    /// What new connections speak TLS with; nil where they do not.
    private var tls: TLSContext?
    /// Whom many speak through.
    private var proxies: [IPNetwork]
    /// Whether proxies begin with a header of the PROXY protocol.
    let proxiesAnnounce: Bool

    private enum Stage { case closed, open, draining, over }
    private var stage = Stage.closed
    var listener: Listener?
    /// Fires while there are connections, to look at their deadlines.
    var sweepTimer: LoopTimer?
    /// Fires when accepting goes on after the system had no descriptor to give.
    var acceptTimer: LoopTimer?

    /// What all connections are read into, one after another.
    private let room = InputRoom()
    /// Every open connection: a request that waits for its reply knows its ticket only.
    var connections: [Ticket: Connection] = [:]
    /// Connections of proxies that have not said yet for whom they speak.
    var arrivals: [Ticket: Arrival] = [:]
    private var lastTicketNumber: UInt64 = 0
    /// Those whose turn has not come, in their order.
    var batches: [RequestBatch] = []
    /// What the requests hold that are being read here.
    var bytesUnfinished = 0
    var seen = FrontCounters()
    /// The last short reply that left its connection open, and its bytes: most requests are answered by the same object.
    private var usualReply: Reply?
    private var usualBytes: [UInt8] = []
    /// How long the body of such a reply may be: a success's is shorter, and a longer one is not worth keeping.
    private static let usualBodyBytesMax = 64

    /// Who waits until no connection is left, and until when on the clock of the deadlines.
    var drainers: [CheckedContinuation<Void, Never>] = []
    var drainDeadlineMs = Int64.max

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - sharing: what other doors of this process there are at the address. Where another process listens, none is opened.
    ///   - proxies: whom many speak through, so that the bound on the connections of one address is not theirs.
    ///   - proxiesAnnounce: whether they say for whom they speak before they say anything else; of others nothing such is taken.
    ///   - occupancy: what the limits of how many things there may be at once are held against, with all who share it.
    ///   - now: the time of day, for ``Webhook/receivedAt``.
    ///   - monotonicMs: a clock in milliseconds that nobody sets, for the deadlines.
    public init(
        loop: EventLoop, address: ListenAddress, sharing: AddressSharing = .alone, tls: TLSContext? = nil,
        proxies: [IPNetwork] = [], proxiesAnnounce: Bool = false, limits: Limits = Limits(),
        occupancy: Occupancy = Occupancy(), now: @escaping @Sendable () -> Instant,
        monotonicMs: @escaping @Sendable () -> Int64 = Front.systemMonotonicMs,
        gate: @escaping Gate
    ) {
        self.loop = loop
        preference = loop.makePreference()
        self.address = address
        self.sharing = sharing
        self.tls = tls
        self.proxies = proxies
        self.proxiesAnnounce = proxiesAnnounce
        self.limits = limits
        self.occupancy = occupancy
        self.now = now
        self.monotonicMs = monotonicMs
        self.gate = gate
    }

    /// The system's clock that nobody sets, in milliseconds.
    public static let systemMonotonicMs: @Sendable () -> Int64 = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Begins to accept connections, and tells the port, which the system may have chosen.
    public func listen() throws(FrontError) -> UInt16 {
        guard stage == .closed else { throw .notClosed }
        let listener = try Listener(front: self, address: address, sharing: sharing, loop: loop)
        self.listener = listener
        sweepTimer = loop.timer { self.tick() }
        acceptTimer = loop.timer { self.acceptAgain() }
        occupancy.opened(self)
        stage = .open
        seen.isAccepting = true
        return listener.port
    }

    /// Takes another certificate for the connections that come from now on; those that are there go on as they are.
    public func renew(_ tls: TLSContext) {
        if self.tls != nil { self.tls = tls }
    }

    /// Goes by other proxies from now on; connections that are there go on as they are.
    public func trust(_ proxies: [IPNetwork]) {
        self.proxies = proxies
    }

    func isProxy(_ peer: IPAddress?) -> Bool {
        guard let peer else { return false }
        return proxies.contains { $0.contains(peer) }
    }

    /// What was seen so far.
    public var counters: FrontCounters {
        var counters = seen
        counters.connectionsOpen = connections.count + arrivals.count
        counters.bytesHeld += bytesUnfinished
        return counters
    }

    var isDraining: Bool { stage == .draining || stage == .over }

    var isOver: Bool { stage == .over }

    /// No new connections from here on, and no new requests on the old ones.
    func beginDraining() {
        stage = .draining
        seen.isAccepting = false
    }

    /// Lets go of all that belongs to the loop.
    func endDraining() {
        stage = .over
        occupancy.closed(self)
        sweepTimer = nil
        acceptTimer = nil
    }

    // MARK: Connections come and go

    func accepted(_ descriptor: Int32, from peer: String) {
        seen.connectionsAccepted += 1
        if announces(peer) { awaitHeader(on: descriptor, from: peer) } else { entered(descriptor, from: peer) }
    }

    /// Takes a connection of which is known whose it is.
    func entered(_ descriptor: Int32, from peer: String) {
        let address = IPAddress(peer)
        let holder = isProxy(address) ? Place.Holder.proxy : .sender(address?.clientPrefix)
        var place = occupancy.take(holder, within: limits)
        if place == nil {
            seen.connectionsTurnedAway += 1
            // With TLS it would take a handshake to say so.
            if tls == nil { place = occupancy.take(.turnedAway, within: limits) }
        }
        guard let place else {
            close(descriptor)
            return
        }
        guard let stream = Stream(owning: descriptor, on: loop, reading: room, tls: tls) else { return }
        let startedAtMs = monotonicMs()
        let connection = Connection(
            front: self, ticket: nextTicket(), peer: peer, place: place, stream: stream,
            reader: HTTPRequestReader(limits: limits.ofReader), startedAtMs: startedAtMs,
            deadlineMs: startedAtMs + limits.headersDeadlineMs)
        if tls != nil {
            connection.phase = .handshaking
            connection.deadlineMs = startedAtMs + limits.handshakeDeadlineMs
        }
        armSweep()
        connections[connection.ticket] = connection
        stream.report(to: connection)
        if connection.isTurnedAway {
            refuse(503, on: connection)
        } else if isDraining, !connection.mayHaveRequest {
            // A proxy has said who sends, and no more, while the door closes.
            drop(connection)
        }
    }

    func nextTicket() -> Ticket {
        lastTicketNumber += 1
        return Ticket(number: lastTicketNumber)
    }

    /// Closes a connection. A reply that is still to come will not find it.
    func drop(_ connection: Connection) {
        guard connections.removeValue(forKey: connection.ticket) != nil else { return }
        forget(connection)
        // Its descriptor is free again, and there may be some who wait for one.
        if !seen.isAccepting { acceptAgain() }
        finishDrainingIfDone()
    }

    // MARK: Requests and replies

    func bytesArrived(on connection: Connection) {
        switch connection.phase {
        case .handshaking: break
        case .idle, .reading:
            read(connection)
        case .answering, .writing:
            // A request behind the request: it is not read, and its sender finds out by the end of the connection.
            connection.closesAfterReply = true
            connection.mayHoldMore = true
            connection.stream.stopReading()
        case .lingering:
            connection.discardedBytes += connection.stream.discardInput()
            if connection.discardedBytes > limits.lingerBytesMax { drop(connection) }
        }
    }

    private func read(_ connection: Connection) {
        let nowMs = monotonicMs()
        if connection.phase == .idle {
            connection.phase = .reading
            // The time of the first request runs from the connection, so that a silent one gains nothing by a byte.
            if connection.hasServed { begin(connection, at: nowMs) }
        }
        // A process that stood still finds at once all that came meanwhile. What should have been whole before is not taken.
        if connection.deadlineMs <= nowMs { return end(connection) }
        // Once for each read, so that a request that comes in one piece is let in and received at the same moment.
        let moment = now()
        var refusal: Reply?
        let step: HTTPRequestReader.Step
        do throws(HTTPFault) {
            step = try connection.stream.read(with: &connection.reader, count: &seen.bytesRead) {
                (head) throws(HTTPFault) in
                connection.omitsBody = head.method == "HEAD"
                switch gate(webhook(head, from: connection, at: moment)) {
                case .admitted(let pass):
                    connection.pass = pass
                    return pass.bodyBytesMax
                case .refused(let reply):
                    refusal = reply
                    throw HTTPFault(status: reply.status, reason: "turned away by its head")
                }
            }
        } catch {
            if let refusal { return turnAway(refusal, on: connection) }
            return refuse(error.status, on: connection)
        }
        count(connection)
        switch step {
        case .complete(let request):
            answer(request, on: connection, at: moment)
            return
        case .wantsContinue:
            if connection.stream.send(ResponseBytes.goOn) == .broken { return drop(connection) }
        case .needsMore:
            break
        }
        connection.deadlineMs =
            connection.startedAtMs + (connection.reader.isInBody ? limits.requestDeadlineMs : limits.headersDeadlineMs)
        makeRoom()
    }

    private func begin(_ connection: Connection, at nowMs: Int64) {
        connection.startedAtMs = nowMs
        connection.deadlineMs = nowMs + limits.headersDeadlineMs
    }

    func webhook(_ request: HTTPRequest, from connection: Connection, at moment: Instant) -> Webhook {
        Webhook(
            method: request.method, path: request.path, query: request.query,
            headers: Headers(bytes: request.head, fields: request.fields), body: request.body, peer: connection.peer,
            client: connection.client, receivedAt: moment)
    }

    /// Answers what no handler was asked about, and closes the connection.
    func refuse(_ status: Int, on connection: Connection) {
        seen.refusals[status, default: 0] += 1
        turnAway(
            status == 503 ? unavailable : .failure(status, ResponseBytes.phrase(for: status), closes: true),
            on: connection)
    }

    /// Sends a last answer, and forgets what was read of the request.
    private func turnAway(_ reply: Reply, on connection: Connection) {
        connection.closesAfterReply = true
        connection.mayHoldMore = true
        forget(connection)
        send(reply, on: connection)
    }

    var unavailable: Reply {
        .failure(
            503, ResponseBytes.phrase(for: 503),
            headers: [Reply.Header(name: "Retry-After", value: String(limits.retryAfterSeconds))])
    }

    func send(_ reply: Reply, on connection: Connection) {
        if reply.closes || isDraining { connection.closesAfterReply = true }
        let bytes = bytes(of: reply, on: connection)
        seen.bytesWritten += Int64(bytes.count)
        connection.phase = .writing
        connection.deadlineMs = monotonicMs() + limits.writeDeadlineMs
        switch connection.stream.send(bytes) {
        case .done: replySent(on: connection)
        case .underWay: break
        case .broken: drop(connection)
        }
    }

    private func bytes(of reply: Reply, on connection: Connection) -> [UInt8] {
        let mayBeKept =
            !connection.closesAfterReply && !connection.omitsBody && reply.body.count <= Self.usualBodyBytesMax
        if mayBeKept, reply === usualReply { return usualBytes }
        let bytes = ResponseBytes.render(
            reply, closes: connection.closesAfterReply, omitsBody: connection.omitsBody)
        if mayBeKept { (usualReply, usualBytes) = (reply, bytes) }
        return bytes
    }

    func outputDrained(on connection: Connection) {
        if connection.phase == .writing { replySent(on: connection) }
    }

    private func replySent(on connection: Connection) {
        if connection.hasSenderEnded || connection.closesAfterReply && !connection.mayHoldMore {
            drop(connection)
        } else if connection.closesAfterReply {
            connection.phase = .lingering
            connection.deadlineMs = monotonicMs() + limits.lingerMs
            connection.stream.endSending()
            connection.discardedBytes = connection.stream.discardInput()
            connection.stream.startReading()
        } else {
            connection.phase = .idle
            connection.deadlineMs = monotonicMs() + limits.idleMs
        }
    }

    /// - Parameter inOrder: whether the other side has said that it is done, rather than broken off.
    func senderEnded(on connection: Connection, inOrder: Bool) {
        if inOrder, connection.phase == .answering || connection.phase == .writing {
            // It may still read: it gets its answer.
            connection.hasSenderEnded = true
        } else {
            drop(connection)
        }
    }
}
