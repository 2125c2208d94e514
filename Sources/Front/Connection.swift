import Model
import Wire

/// The number of a connection, never used twice: what leaves the loop in its place.
struct Ticket: Hashable, Sendable {
    let number: UInt64
}

/// One connection: where it stands, and by when it has to come further. It decides nothing; the front door does.
@safe final class Connection {
    enum Phase {
        /// The two sides have not agreed on keys yet.
        case handshaking
        /// Not a byte of a request has come since the connection was made or the last reply was sent.
        case idle
        /// A part of a request has come.
        case reading
        /// The request is whole, and its reply is to come.
        case answering
        /// A part of the reply waits until the other side takes it.
        case writing
        /// The last reply is out. What still comes is thrown away until the other side ends.
        case lingering
    }

    let front: Front
    let ticket: Ticket
    let peer: String
    private let place: Place
    let stream: Stream
    /// The certificate that the other side showed.
    var client: ClientCertificate?

    var reader: HTTPRequestReader
    /// What the request was let in with whose body is being read.
    var pass: Admission.Pass?
    var phase = Phase.idle
    /// When the request began that is being read, on the clock of the deadlines.
    var startedAtMs: Int64
    /// When it is too late for whatever is awaited, on the same clock.
    var deadlineMs: Int64
    /// Whether a request has come on it before.
    var hasServed = false
    /// Whether the reply that is on its way is the last one.
    var closesAfterReply = false
    /// Whether more than a request may have come, or still come, from the other side.
    var mayHoldMore = false
    /// Whether the reply is sent without its body.
    var omitsBody = false
    /// Whether the other side has said that it sends nothing more.
    var hasSenderEnded = false
    /// How much memory its request takes up, as far as it was counted.
    var bytesHeld = 0
    /// How many bytes were thrown away at its end.
    var discardedBytes = 0

    init(
        front: Front, ticket: Ticket, peer: String, place: consuming Place, stream: Stream, reader: HTTPRequestReader,
        startedAtMs: Int64, deadlineMs: Int64
    ) {
        self.front = front
        self.ticket = ticket
        self.peer = peer
        self.place = place
        self.stream = stream
        self.reader = reader
        self.startedAtMs = startedAtMs
        self.deadlineMs = deadlineMs
    }

    /// Whether it is here only to be told that there is no room.
    var isTurnedAway: Bool { place.holder == .turnedAway }

    /// Whether a request may be under way on it, in whole or in part, or the handshake before one.
    var mayHaveRequest: Bool {
        switch phase {
        case .handshaking, .idle: stream.hasUnreadBytes
        case .reading, .answering, .writing, .lingering: true
        }
    }

    // MARK: What its stream tells

    // It comes on the loop's thread, where the front door is isolated: nothing is sent to another.

    func bytesArrived() {
        nonisolated(unsafe) let connection = self
        front.assumeIsolated { unsafe $0.bytesArrived(on: connection) }
    }

    func outputDrained() {
        nonisolated(unsafe) let connection = self
        front.assumeIsolated { unsafe $0.outputDrained(on: connection) }
    }

    func handshakeEnded() {
        nonisolated(unsafe) let connection = self
        front.assumeIsolated { unsafe $0.handshakeEnded(on: connection) }
    }

    /// - Parameter inOrder: whether the other side has said that it is done, rather than broken off.
    func senderEnded(inOrder: Bool) {
        nonisolated(unsafe) let connection = self
        front.assumeIsolated { unsafe $0.senderEnded(on: connection, inOrder: inOrder) }
    }
}
