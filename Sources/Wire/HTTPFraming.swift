/// What the fields of a head say about the bytes that follow it, where they say it plainly.
struct HTTPFraming {
    /// Nil where the request names no length.
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    /// Whether the sender waits for `100 Continue` before it sends the body.
    private(set) var expectsContinue = false
    private(set) var keepsAlive: Bool
    private var hasHost = false

    private static let host = Array("host".utf8)
    private static let expect = Array("expect".utf8)
    private static let connection = Array("connection".utf8)
    private static let contentLength = Array("content-length".utf8)
    private static let transferEncoding = Array("transfer-encoding".utf8)
    private static let chunked = Array("chunked".utf8)
    private static let close = Array("close".utf8)
    private static let continued = Array("100-continue".utf8)

    /// Reads a head of HTTP/1, of the minor version given.
    init(
        head: [UInt8], fields: [HTTPRequest.Field], minorVersion: UInt8, bodyBytesMax: Int
    ) throws(HTTPFault) {
        // HTTP/1.0 knows neither chunks nor 100, and keeps no connection.
        keepsAlive = minorVersion > 0
        for field in fields {
            // The lengths of the names that matter are all different.
            switch field.name.count {
            case Self.host.count where head.holds(Self.host, at: field.name):
                try readHost(head, field.value)
            case Self.expect.count where head.holds(Self.expect, at: field.name):
                guard head.holds(Self.continued, at: field.value) else { throw .expectationNotMet }
                expectsContinue = minorVersion > 0
            case Self.connection.count where head.holds(Self.connection, at: field.name):
                if head[field.value].options.contains(where: { $0.isWord(Self.close) }) {
                    keepsAlive = false
                }
            case Self.contentLength.count where head.holds(Self.contentLength, at: field.name):
                try readContentLength(head, field.value)
            case Self.transferEncoding.count where head.holds(Self.transferEncoding, at: field.name):
                guard minorVersion > 0 else { throw .malformed("HTTP/1.0 knows no transfer encoding") }
                guard !isChunked else { throw .malformed("the transfer encoding stands there twice") }
                guard head.holds(Self.chunked, at: field.value) else {
                    throw .malformed("the transfer encoding is not chunked")
                }
                isChunked = true
            default: break
            }
        }
        guard hasHost || minorVersion == 0 else { throw .malformed("no host") }
        guard let length = contentLength else { return }
        guard !isChunked else { throw .malformed("both a length and a transfer encoding") }
        guard length <= bodyBytesMax else { throw .bodyTooLarge }
    }

    private mutating func readHost(_ head: [UInt8], _ value: Range<Int>) throws(HTTPFault) {
        guard !hasHost else { throw .malformed("the host stands there twice") }
        let allowed = ByteSet.host
        let isRight = !value.isEmpty && head[value].allSatisfy { allowed.contains($0) }
        guard isRight else { throw .malformed("the host is none") }
        hasHost = true
    }

    /// Digits and nothing else. A leading zero is refused: some read what follows it as octal.
    private mutating func readContentLength(_ head: [UInt8], _ value: Range<Int>) throws(HTTPFault) {
        guard contentLength == nil else { throw .malformed("the length stands there twice") }
        guard !value.isEmpty, value.count == 1 || head[value.lowerBound] != UInt8(ascii: "0") else {
            throw .malformed("the length is no number")
        }
        var length = 0
        for index in value {
            guard let digit = head[index].decimalDigit else { throw .malformed("the length is no number") }
            let (tens, isTooLarge) = length.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeStill) = tens.addingReportingOverflow(digit)
            length = isTooLarge || isTooLargeStill ? .max : sum
        }
        contentLength = length
    }
}

extension [UInt8] {
    /// Whether a word in lower case lies there, in whatever case.
    fileprivate func holds(_ word: [UInt8], at range: Range<Int>) -> Bool {
        guard range.count == word.count else { return false }
        for index in 0..<word.count {
            guard self[range.lowerBound + index].lowercasedASCII == word[index] else { return false }
        }
        return true
    }
}
