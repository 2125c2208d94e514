import Wire

/// Every bound of the front door: a number with its unit, and what happens when it is reached.
public struct Limits: Sendable, Equatable {
    // MARK: What a request may weigh

    /// Bytes of the request line, without the line's end. Beyond: 414 or 400, and the connection is closed.
    public var requestLineBytesMax = 8_192
    /// Bytes of the request line and all header fields. Beyond: 431, and the connection is closed.
    public var headBytesMax = 16_384
    /// Bytes of one header field. Beyond: 431, and the connection is closed.
    public var fieldBytesMax = 8_192
    /// How many header fields. Beyond: 431, and the connection is closed.
    public var fieldsMax = 100
    /// Bytes of a body, however it is framed. Beyond: 413, and the connection is closed.
    public var bodyBytesMax = 1 << 20
    /// Bytes of what follows the last chunk of a body. Beyond: 431, and the connection is closed.
    public var trailerBytesMax = 4_096

    // MARK: How long things may take, in milliseconds; none of these starts anew with each byte

    /// From the connection to the end of the handshake of TLS. Beyond: the connection is closed without a word.
    public var handshakeDeadlineMs: Int64 = 5_000
    /// From the first byte of a request (for the first request: from the connection) to the end of its head. Beyond: 408
    /// and the connection is closed; without a word where not a byte has come.
    public var headersDeadlineMs: Int64 = 10_000
    /// From the first byte of a request (for the first request: from the connection) to its last. Beyond: 408, and the
    /// connection is closed.
    public var requestDeadlineMs: Int64 = 30_000
    /// How long a connection may wait for its next request. Beyond: it is closed without a word.
    public var idleMs: Int64 = 60_000
    /// How long a reply may take to leave. Beyond: the connection is closed with what is left unsent.
    public var writeDeadlineMs: Int64 = 10_000
    /// How long after a last reply the sender's end is waited for, so that what it still sends does not make the system
    /// throw the reply away. Beyond: the connection is closed.
    public var lingerMs: Int64 = 1_000
    /// How many bytes are read and thrown away in that time. Beyond: the connection is closed.
    public var lingerBytesMax = 1 << 20

    // MARK: How many things there may be at once, at all front doors together that share an ``Occupancy``

    /// Connections. Beyond: accepted, answered 503 with `Retry-After`, and closed; none of their bytes is parsed.
    public var connectionsMax = 4_096
    /// Connections from one address. Beyond: as with ``connectionsMax``.
    public var connectionsPerPeerMax = 1_024
    /// Connections that are being turned away for one of these two reasons. Beyond: closed at once, without a word.
    public var connectionsTurnedAwayMax = 256
    /// Requests whose handler has not returned, whether or not their sender still waits. Beyond: 503 with `Retry-After`;
    /// the connection stays.
    public var requestsInFlightMax = 4_096
    /// Bytes of memory that requests take up, whether they are read or their handler has not returned. Beyond: the
    /// unfinished request that takes up most is answered 503 with `Retry-After`, and its connection is closed.
    public var bytesHeldMax = 64 << 20
    /// What `Retry-After` says.
    public var retryAfterSeconds = 5

    // MARK: Inside

    /// Bytes of a connection that are read ahead of the reader. Beyond: the rest waits in the system, and then at the
    /// sender.
    static let inputBytesMax = 16_384
    /// Requests that are answered together. What is made of them is in memory at once. Beyond: another batch, after this one.
    static let batchRequestsMax = 128
    /// Bytes of memory that they take up, unless it is one request alone. Beyond: as with ``batchRequestsMax``.
    static let batchBytesMax = 256 << 10
    /// Connections that the system holds until they are accepted, or as many as `net.core.somaxconn` allows. Beyond: the
    /// system says nothing, and the sender tries again after a second, which a flood is not to make others wait.
    static let backlogMax: Int32 = 4_096
    /// How often the deadlines are looked at, while there are connections: they are late by so much at most.
    static let sweepEveryMs: Int64 = 250
    /// How long nothing is accepted after the system had no descriptor to give.
    static let acceptPauseMs: Int64 = 200
    /// Descriptors that are not for connections, but for the journal, the loops and the sinks.
    public var descriptorsForOthers = 256

    public init() {}

    /// How many descriptors all of it takes.
    public var descriptorsWanted: Int { connectionsMax + connectionsTurnedAwayMax + descriptorsForOthers }

    /// Lowers the bounds on connections where the system gives too few descriptors, so that whoever is over them is told so,
    /// and the disk and the sinks have theirs.
    public mutating func fit(descriptors: Int) {
        guard descriptors < descriptorsWanted else { return }
        let room = descriptors - min(descriptorsForOthers, descriptors / 2)
        let connections = min(connectionsMax, max(1, room - room / 8))
        connectionsTurnedAwayMax = min(connectionsTurnedAwayMax, max(1, room - connections))
        connectionsPerPeerMax = max(1, connectionsPerPeerMax * connections / connectionsMax)
        connectionsMax = connections
    }

    /// What of this the reader of requests holds to.
    var ofReader: HTTPRequestReader.Limits {
        HTTPRequestReader.Limits(
            requestLineBytes: requestLineBytesMax, headBytes: headBytesMax, fieldBytes: fieldBytesMax,
            fields: fieldsMax, bodyBytes: bodyBytesMax, trailerBytes: trailerBytesMax)
    }
}
