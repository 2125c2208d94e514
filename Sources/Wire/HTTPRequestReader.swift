/// Reads HTTP/1.1 requests strictly, as their bytes come: what is not plainly right is refused.
///
/// It has no socket and no clock. Whether a request is taken, and what is read from it, depends on its bytes alone and
/// never on how they were cut into pieces. What it keeps is bounded by its limits.
public struct HTTPRequestReader: Sendable {
    /// What a request may be at most.
    public struct Limits: Sendable {
        /// Method, target and version, without the line's end. Beyond: 414 from the target on, else 400.
        public var requestLineBytes: Int
        /// The request line and all fields, with every line's end and the empty line. Beyond: 431.
        public var headBytes: Int
        /// One field, without the line's end; also of a trailer. Beyond: 431.
        public var fieldBytes: Int
        /// Fields of the head, and again of the trailer. Beyond: 431.
        public var fields: Int
        /// The body without its chunks' framing. Beyond: 413.
        public var bodyBytes: Int
        /// All that follows the last chunk, with every line's end and the empty line. Beyond: 431.
        public var trailerBytes: Int

        public init(
            requestLineBytes: Int = 8_192, headBytes: Int = 16_384, fieldBytes: Int = 8_192, fields: Int = 100,
            bodyBytes: Int = 1_048_576, trailerBytes: Int = 4_096
        ) {
            self.requestLineBytes = requestLineBytes
            self.headBytes = headBytes
            self.fieldBytes = fieldBytes
            self.fields = fields
            self.bodyBytes = bodyBytes
            self.trailerBytes = trailerBytes
        }
    }

    /// What came of the bytes that were read.
    public enum Step: Sendable {
        /// All bytes are read, and the request is not whole yet.
        case needsMore
        /// As ``needsMore``, and the sender waits to be told `100 Continue` before it sends the body.
        case wantsContinue
        /// The request is whole. The reader is ready for the next one.
        case complete(HTTPRequest)
    }

    /// Decides about a request by its head, whose body is still empty: how many bytes the body may have, nil for as many as
    /// the limits say. It is asked once for each request.
    public typealias Admission = (HTTPRequest) throws(HTTPFault) -> Int?

    private enum Phase {
        case requestLine, fields, body, chunks, trailer
    }

    /// How much room is made for a body before any of it came: a length that is only claimed costs no more than this.
    private static let bodyBytesReservedMax = 65_536

    private let limits: Limits
    private var phase = Phase.requestLine
    /// Why reading ended; it is thrown ever after.
    private var fault: HTTPFault?

    private var head: [UInt8] = []
    private var requestLine = HTTPRequestLineScanner()
    private var fields = HTTPFieldScanner()
    /// What the head says; nil until it is whole.
    private var request: HTTPRequest?

    private var body: [UInt8] = []
    private var bodyBytesMax: Int
    /// What the body will count when it is whole; without meaning where it comes in chunks.
    private var bodyCount = 0
    private var chunks = HTTPChunkScanner()
    private var trailer = HTTPFieldScanner()
    private var trailerCount = 0

    public init(limits: Limits = Limits()) {
        self.limits = limits
        bodyBytesMax = limits.bodyBytes
    }

    /// How much memory the request takes up that is being read.
    public var bytesHeld: Int { head.capacity + body.capacity }

    /// Whether no byte of a request has been read yet.
    public var isAtStart: Bool { phase == .requestLine && head.isEmpty && fault == nil }

    /// Whether the head is whole, and what is read next belongs to the body.
    public var isInBody: Bool { phase != .requestLine && phase != .fields }

    /// Reads bytes up to the end of the request and no further; what lies behind it is left to the caller.
    /// - Throws: ``HTTPFault`` where the bytes are no request that we take, and again at each call after that.
    public mutating func read(
        _ bytes: Span<UInt8>, admission: Admission = { _ in nil }
    ) throws(HTTPFault) -> (consumed: Int, step: Step) {
        if let fault { throw fault }
        do throws(HTTPFault) {
            return try advance(bytes, admission)
        } catch {
            fault = error
            throw error
        }
    }

    private mutating func advance(
        _ bytes: Span<UInt8>, _ admission: Admission
    ) throws(HTTPFault) -> (consumed: Int, step: Step) {
        var position = 0
        if !isInBody {
            let waitsForContinue = try readHead(bytes, &position, admission)
            guard isInBody else { return (position, .needsMore) }
            if waitsForContinue && position == bytes.count { return (position, .wantsContinue) }
        }
        let isWhole =
            if phase == .body {
                readBody(bytes, &position)
            } else {
                try readChunks(bytes, &position)
            }
        guard isWhole, let request = takeRequest() else { return (position, .needsMore) }
        return (position, .complete(request))
    }

    /// Whether the head was finished here by a request whose sender waits before it sends the body.
    private mutating func readHead(
        _ bytes: Span<UInt8>, _ position: inout Int, _ admission: Admission
    ) throws(HTTPFault) -> Bool {
        let origin = head.count
        if phase == .requestLine {
            try requestLine.scan(bytes, &position, origin: origin, limits: limits)
            if requestLine.isFinished {
                phase = .fields
                fields.start(at: origin + position)
            }
        }
        if phase == .fields {
            try fields.scan(bytes, &position, origin: origin, sectionBytesMax: limits.headBytes, limits: limits)
        }
        head.append(bytes.extracting(..<position))
        return fields.isFinished ? try startBody(admission) : false
    }

    private mutating func startBody(_ admission: Admission) throws(HTTPFault) -> Bool {
        let framing = try HTTPFraming(
            head: head, fields: fields.fields, minorVersion: requestLine.minorVersion, bodyBytesMax: limits.bodyBytes)
        let request = HTTPRequest(
            method: text(requestLine.method), path: text(requestLine.path), query: requestLine.query.map(text),
            head: head, fields: fields.fields, body: [], keepsAlive: framing.keepsAlive)
        if let bytesMax = try admission(request) { bodyBytesMax = min(bodyBytesMax, bytesMax) }
        guard framing.contentLength ?? 0 <= bodyBytesMax else { throw .bodyTooLarge }
        self.request = request
        bodyCount = framing.contentLength ?? 0
        phase = framing.isChunked ? .chunks : .body
        body.reserveCapacity(min(bodyCount, Self.bodyBytesReservedMax))
        return framing.expectsContinue && (framing.isChunked || bodyCount > 0)
    }

    private mutating func readBody(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        let end = position + min(bodyCount - body.count, bytes.count - position)
        body.append(bytes.extracting(position..<end))
        position = end
        return body.count == bodyCount
    }

    private mutating func readChunks(_ bytes: Span<UInt8>, _ position: inout Int) throws(HTTPFault) -> Bool {
        if phase == .chunks {
            try chunks.scan(bytes, &position, into: &body, bodyBytesMax: bodyBytesMax)
            guard chunks.isFinished else { return false }
            phase = .trailer
        }
        // The trailer is not kept, so its bytes are counted here as those of the head are by being kept.
        let start = position
        try trailer.scan(
            bytes, &position, origin: trailerCount - start, sectionBytesMax: limits.trailerBytes, limits: limits)
        trailerCount += position - start
        return trailer.isFinished
    }

    /// Hands out the request that is whole, and makes the reader ready for the next one.
    private mutating func takeRequest() -> HTTPRequest? {
        guard var whole = request.take() else { return nil }
        whole.body = body
        startOver()
        return whole
    }

    /// Forgets what was read, and is ready for a request.
    public mutating func startOver() {
        self = HTTPRequestReader(limits: limits)
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: head[range], as: UTF8.self)
    }
}
