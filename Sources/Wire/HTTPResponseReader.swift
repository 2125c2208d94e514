/// Reads answers to HTTP/1.1 requests as their bytes come: what the status is, how long to wait, and where the answer ends.
///
/// It is as patient as the reader of requests is strict: whoever was sent something and says that it was taken is believed,
/// also where a line ends in a line feed alone or a chunk has an extension. Nothing but the status is believed, though, and
/// a connection whose next answer could be mistaken for this one is not used again.
///
/// It has no socket and no clock, and keeps no body. What it keeps is bounded by ``headBytesMax``.
public struct HTTPResponseReader: Sendable {
    /// Interim answers, head, the lines between chunks and the trailer together are no longer than this.
    public static let headBytesMax = 64 << 10
    /// Nobody reads the bodies. What is longer is not waited for.
    public static let bodyBytesMax = 64 << 10

    /// An answer that is whole, or as much of it as anybody wants to have.
    public struct Answer: Sendable, Equatable {
        /// From 200 on.
        public var status: Int
        /// The field `Retry-After` as it stands there, cut to 64 bytes.
        public var retryAfter: String?
        /// Whether the connection may carry another request: it is kept, and nothing of this answer is left to come.
        public var keepsAlive: Bool
    }

    /// Why there is no answer.
    public enum Fault: Error, Sendable, Equatable {
        /// What came does not begin as an answer does.
        case notHTTP
        /// The head has no end within ``headBytesMax``.
        case headTooLong
        /// The body's chunks cannot be told apart.
        case badChunk
        /// The connection ended before anything came.
        case nothing
        /// The connection ended in the midst of the answer.
        case cutShort
    }

    private enum Phase {
        case statusLine, fields
        /// So many bytes of the body are still to come.
        case body(Int)
        case bodyToTheEnd
        case chunkSize
        case chunk(Int)
        case chunkEnd, trailer
    }

    private var phase = Phase.statusLine
    /// The line that is being read, without its end.
    private var line: [UInt8] = []
    private var lineBytes = 0
    private var bodyBytes = 0
    private var answer = Answer(status: 0, retryAfter: nil, keepsAlive: true)
    /// Whether the fields say so, whatever else they say.
    private var closes = false
    private var length: Int?
    /// Whether lengths contradict each other, or one is no number.
    private var isLengthBroken = false
    private var isChunked = false
    private var isEncoded = false

    public init() {}

    /// Whether anything of an answer has come.
    public var hasBegun: Bool { lineBytes > 0 }

    /// Reads bytes up to the end of the answer and no further.
    /// - Returns: how many bytes were read, and the answer once it is whole; nothing must be read after that.
    /// - Throws: ``Fault`` where there will be no answer; nothing must be read after that either.
    public mutating func read(_ bytes: Span<UInt8>) throws(Fault) -> (consumed: Int, answer: Answer?) {
        var position = 0
        while position < bytes.count {
            switch phase {
            case .body(let left):
                let taken = min(left, bytes.count - position)
                position += taken
                phase = .body(left - taken)
                if left == taken { return (position, answer) }
            case .bodyToTheEnd:
                position += takeBody(bytes.count - position)
                if position < bytes.count { return (position, cut) }
            case .chunk(let left):
                let wanted = min(left, bytes.count - position)
                let taken = takeBody(wanted)
                position += taken
                if taken < wanted { return (position, cut) }
                phase = left == taken ? .chunkEnd : .chunk(left - taken)
            case .statusLine, .fields, .chunkSize, .chunkEnd, .trailer:
                guard try readLine(bytes, &position) else {
                    guard isTooLong, position < bytes.count else { continue }
                    // The status is known by then, but for the head.
                    guard isPastHead else { throw .headTooLong }
                    return (position, cut)
                }
                defer { line.removeAll(keepingCapacity: true) }
                if try take() { return (position, answer) }
            }
        }
        return (position, nil)
    }

    /// Takes in that the connection has ended.
    /// - Returns: the answer, where it was to go on until then.
    /// - Throws: ``Fault`` where it was not.
    public func end() throws(Fault) -> Answer {
        guard case .bodyToTheEnd = phase else { throw hasBegun ? .cutShort : .nothing }
        return cut
    }

    /// The answer where the connection can be used no more.
    private var cut: Answer {
        var cut = answer
        cut.keepsAlive = false
        return cut
    }

    /// How many of so many bytes of a body whose length is not known are wanted.
    private mutating func takeBody(_ count: Int) -> Int {
        let taken = min(count, Self.bodyBytesMax - bodyBytes)
        bodyBytes += taken
        return taken
    }

    // MARK: Lines

    private var isPastHead: Bool {
        switch phase {
        case .statusLine, .fields: false
        case .body, .bodyToTheEnd, .chunkSize, .chunk, .chunkEnd, .trailer: true
        }
    }

    /// Whether the line is whole, which then is in ``line``.
    private mutating func readLine(_ bytes: Span<UInt8>, _ position: inout Int) throws(Fault) -> Bool {
        let limit = min(bytes.count, position + Self.headBytesMax - lineBytes)
        var end = position
        while end < limit, bytes[end] != .lineFeed { end += 1 }
        let isWhole = end < limit
        line.append(bytes.extracting(position..<end))
        lineBytes += end - position + (isWhole ? 1 : 0)
        position = isWhole ? end + 1 : end
        // What begins otherwise is told at once: it may have no line end ever.
        if case .statusLine = phase, !line.starts(with: Self.opening.prefix(line.count)) { throw .notHTTP }
        if isWhole, line.last == .carriageReturn { line.removeLast() }
        return isWhole
    }

    /// Whether there have been more bytes of lines than anybody wants to read.
    private var isTooLong: Bool { lineBytes == Self.headBytesMax }

    /// Whether the line ends the answer.
    private mutating func take() throws(Fault) -> Bool {
        switch phase {
        case .statusLine:
            try takeStatusLine()
            phase = .fields
        case .fields:
            guard line.isEmpty else {
                takeField()
                return false
            }
            return try takeHead()
        case .chunkSize:
            let size = try chunkSize()
            phase = size == 0 ? .trailer : .chunk(size)
        case .chunkEnd:
            guard line.isEmpty else { throw .badChunk }
            phase = .chunkSize
        case .trailer:
            return line.isEmpty
        case .body, .bodyToTheEnd, .chunk:
            break
        }
        return false
    }

    /// Such as `HTTP/1.1 200 OK`; the words may be missing.
    private mutating func takeStatusLine() throws(Fault) {
        let digits = line.dropFirst(Self.opening.count + 2).prefix { $0.decimalDigit != nil }
        guard
            line.starts(with: Self.opening), let minor = line.dropFirst(Self.opening.count).first?.decimalDigit,
            line.dropFirst(Self.opening.count + 1).first == .space, digits.count == 3,
            line.dropFirst(Self.opening.count + 5).first.map({ $0 == .space }) ?? true
        else { throw .notHTTP }
        let status = digits.reduce(0) { $0 * 10 + ($1.decimalDigit ?? 0) }
        guard status >= 100 else { throw .notHTTP }
        answer = Answer(status: status, retryAfter: nil, keepsAlive: minor > 0)
        closes = false
        length = nil
        isLengthBroken = false
        isChunked = false
        isEncoded = false
    }

    private mutating func takeField() {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = line[(colon + 1)...].trimmed
        // The lengths of the names that matter are all different.
        switch colon {
        case Self.connection.count where isNamed(Self.connection):
            if value.options.contains(where: { $0.isWord(Self.close) }) {
                closes = true
            } else if value.options.contains(where: { $0.isWord(Self.keepAlive) }) {
                answer.keepsAlive = true
            }
        case Self.retryAfter.count where isNamed(Self.retryAfter):
            answer.retryAfter = String(decoding: value.prefix(64), as: UTF8.self)
        case Self.contentLength.count where isNamed(Self.contentLength):
            takeLength(value)
        case Self.transferEncoding.count where isNamed(Self.transferEncoding):
            // What is encoded as itself is not encoded.
            guard !value.isWord(Self.identity) else { return }
            isEncoded = true
            isChunked = value.options.last?.isWord(Self.chunked) ?? false
        default: break
        }
    }

    /// The same length may stand there several times, also as a list (RFC 9110, 8.6).
    private mutating func takeLength(_ value: ArraySlice<UInt8>) {
        let numbers = value.options.map { option in
            let isNumber = 1...18 ~= option.count && option.allSatisfy { $0.decimalDigit != nil }
            return isNumber ? option.reduce(0) { $0 * 10 + ($1.decimalDigit ?? 0) } : nil
        }
        if numbers.isEmpty || numbers.contains(where: { $0 == nil || $0 != length ?? numbers[0] }) {
            isLengthBroken = true
        }
        length = numbers.first ?? nil
    }

    private func isNamed(_ name: [UInt8]) -> Bool { line[..<name.count].isWord(name) }

    /// Whether the answer ends with its head.
    private mutating func takeHead() throws(Fault) -> Bool {
        if closes { answer.keepsAlive = false }
        switch answer.status {
        case 101:
            // Nobody asked for another protocol.
            throw .notHTTP
        case 100...199:
            phase = .statusLine
            return false
        case 204, 304:
            return true
        default: break
        }
        if isEncoded {
            // A length beside it is not to be believed, and neither is what follows the body.
            if length != nil { answer.keepsAlive = false }
            phase = isChunked ? .chunkSize : .bodyToTheEnd
            return false
        }
        if isLengthBroken || length ?? 0 > Self.bodyBytesMax {
            // Where the body ends is not known, or far away; what matters is.
            answer.keepsAlive = false
            return true
        }
        guard let length else {
            phase = .bodyToTheEnd
            return false
        }
        phase = .body(length)
        return length == 0
    }

    /// Digits, and whatever an extension says behind them.
    private func chunkSize() throws(Fault) -> Int {
        let digits = line.prefix { $0.hexadecimalDigit != nil }
        let rest = line[digits.endIndex...].drop { $0.isBlank }
        guard 1...15 ~= digits.count, rest.first.map({ $0 == UInt8(ascii: ";") }) ?? true else { throw .badChunk }
        return digits.reduce(0) { $0 << 4 | ($1.hexadecimalDigit ?? 0) }
    }

    private static let opening = Array("HTTP/1.".utf8)
    private static let connection = Array("connection".utf8)
    private static let retryAfter = Array("retry-after".utf8)
    private static let contentLength = Array("content-length".utf8)
    private static let transferEncoding = Array("transfer-encoding".utf8)
    private static let close = Array("close".utf8)
    private static let keepAlive = Array("keep-alive".utf8)
    private static let chunked = Array("chunked".utf8)
    private static let identity = Array("identity".utf8)
}
