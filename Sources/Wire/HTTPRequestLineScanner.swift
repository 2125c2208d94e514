/// Reads a request line as its bytes come, and knows where its parts lie.
///
/// Positions count from the first byte of the request.
struct HTTPRequestLineScanner: Sendable {
    private enum Place {
        case method, targetStart, path, query, version, lineFeed, finished
    }

    private var place = Place.method
    private var methodEnd = 0
    private var pathEnd = 0
    private var targetEnd = 0
    private var majorVersion: UInt8 = 0
    private(set) var minorVersion: UInt8 = 0

    var isFinished: Bool { place == .finished }
    var method: Range<Int> { 0..<methodEnd }
    var path: Range<Int> { (methodEnd + 1)..<pathEnd }
    /// What follows the `?`; nil where there is none.
    var query: Range<Int>? { pathEnd < targetEnd ? (pathEnd + 1)..<targetEnd : nil }

    /// Reads on to the end of the line or of the bytes. The byte at index 0 lies at `origin` in the request.
    mutating func scan(
        _ bytes: Span<UInt8>, _ position: inout Int, origin: Int, limits: HTTPRequestReader.Limits
    ) throws(HTTPFault) {
        let runEnd = min(bytes.count, limits.requestLineBytes - origin, limits.headBytes - origin)
        while position < bytes.count && place != .finished {
            let byte = bytes[position]
            let offset = origin + position
            guard offset < limits.headBytes else { throw .headTooLarge }
            guard offset < limits.requestLineBytes || byte.isLineEnd else { throw tooLong }
            position += 1
            switch place {
            case .method:
                if ByteSet.token.contains(byte) {
                    position = ByteSet.token.endOfRun(in: bytes, from: position, to: runEnd)
                } else {
                    guard byte == .space && offset > 0 else { throw .malformed("the method is no token") }
                    methodEnd = offset
                    place = .targetStart
                }
            case .targetStart:
                // Whole addresses, host and port, and `*` are for proxies and for servers as a whole: we are neither.
                guard byte == UInt8(ascii: "/") else { throw .malformed("the target does not start with a slash") }
                place = .path
            case .path:
                if ByteSet.path.contains(byte) {
                    position = ByteSet.path.endOfRun(in: bytes, from: position, to: runEnd)
                } else if byte == UInt8(ascii: "?") {
                    pathEnd = offset
                    place = .query
                } else {
                    try endTarget(with: byte, at: offset)
                    pathEnd = offset
                }
            case .query:
                if ByteSet.query.contains(byte) {
                    position = ByteSet.query.endOfRun(in: bytes, from: position, to: runEnd)
                } else {
                    try endTarget(with: byte, at: offset)
                }
            case .version:
                try readVersion(byte, at: offset - targetEnd - 1)
            case .lineFeed:
                guard byte == .lineFeed else { throw .malformed("a line ends in a carriage return alone") }
                place = .finished
            case .finished:
                return
            }
        }
    }

    private var tooLong: HTTPFault {
        place == .method ? .malformed("the method is too long") : .targetTooLong
    }

    private mutating func endTarget(with byte: UInt8, at offset: Int) throws(HTTPFault) {
        guard byte == .space else { throw .malformed("the target has a byte that belongs in none") }
        targetEnd = offset
        place = .version
    }

    /// `HTTP/`, a digit, a dot, a digit, and the end of the line.
    private mutating func readVersion(_ byte: UInt8, at index: Int) throws(HTTPFault) {
        let isRight =
            switch index {
            case 0: byte == UInt8(ascii: "H")
            case 1, 2: byte == UInt8(ascii: "T")
            case 3: byte == UInt8(ascii: "P")
            case 4: byte == UInt8(ascii: "/")
            case 5, 7: UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            case 6: byte == UInt8(ascii: ".")
            default: byte == .carriageReturn
            }
        guard isRight else { throw .malformed("the version is none of HTTP's") }
        switch index {
        case 5: majorVersion = byte - UInt8(ascii: "0")
        case 7: minorVersion = byte - UInt8(ascii: "0")
        case 8:
            // From 2 on it is another protocol in whose name these bytes cannot be right; below, it is one not spoken.
            guard majorVersion < 2 else { throw .malformed("the version has another syntax than this") }
            guard majorVersion == 1 && minorVersion < 2 else { throw .versionNotSpoken }
            place = .lineFeed
        default: break
        }
    }
}
