import Testing
import Wire

/// Bytes that were sent to servers to make them misread, and what must come of them.
struct HTTPCase: Sendable, CustomTestStringConvertible {
    enum Want: Sendable {
        case refused(Int)
        /// The body of the first request.
        case taken(String)
        case unfinished
    }

    /// Its place in the catalogue of hostile inputs.
    let number: Int
    let name: String
    let bytes: [UInt8]
    let want: Want

    var testDescription: String { "\(number) \(name)" }

    init(_ number: Int, _ name: String, _ text: String, _ want: Want) {
        self.number = number
        self.name = name
        self.bytes = octets(text)
        self.want = want
    }

    /// A `POST` with these fields; what follows the head comes along.
    static func post(_ number: Int, _ name: String, _ fields: String, _ rest: String = "", _ want: Want) -> HTTPCase {
        HTTPCase(number, name, "POST /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(rest)", want)
    }

    /// A chunked body.
    static func chunks(_ number: Int, _ name: String, _ chunks: String, _ want: Want) -> HTTPCase {
        post(number, name, "Transfer-Encoding: chunked", chunks, want)
    }

    /// A request that must not be reached.
    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
}

extension HTTPCase {
    static let all = lengths + encodings + chunkings + lines + targets + bodies

    private static let lengths: [HTTPCase] = [
        .post(1, "length and encoding", "Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n", .refused(400)),
        .post(1, "encoding and length", "Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n", .refused(400)),
        .post(2, "two equal lengths", "Content-Length: 2\r\nContent-Length: 2", "ab", .refused(400)),
        .post(3, "two lengths", "Content-Length: 2\r\nContent-Length: 3", "abc", .refused(400)),
        .post(4, "two in one", "Content-Length: 2, 2", "ab", .refused(400)),
        .post(5, "plus", "Content-Length: +2", "ab", .refused(400)),
        .post(6, "minus nothing", "Content-Length: -0", smuggled, .refused(400)),
        .post(7, "vertical tab before", "Content-Length: \u{B}2", "ab", .refused(400)),
        .post(7, "vertical tab behind", "Content-Length: 2\u{B}", "ab", .refused(400)),
        .post(8, "beyond 64 bits", "Content-Length: 18446744073709551618", "ab", .refused(413)),
        .post(8, "beyond 63 bits", "Content-Length: 9223372036854775808", "ab", .refused(413)),
        .post(8, "far beyond", "Content-Length: \(String(repeating: "9", count: 400))", "ab", .refused(413)),
        .post(9, "empty length", "Content-Length: ", "ab", .refused(400)),
        .post(9, "hexadecimal length", "Content-Length: 0x2", "ab", .refused(400)),
        .post(9, "negative length", "Content-Length: -2", "ab", .refused(400)),
        .post(9, "leading zero", "Content-Length: 02", "ab", .refused(400)),
        .post(9, "letters behind", "Content-Length: 2a", "ab", .refused(400)),
        .post(9, "blank inside", "Content-Length: 1 2", "ab", .refused(400)),
        .post(9, "digits that are not ASCII", "Content-Length: \u{B2}", "ab", .refused(400)),
        .post(10, "blank before the colon", "Content-Length : 35", smuggled, .refused(400)),
        .post(10, "tab before the colon", "Content-Length\t: 35", smuggled, .refused(400)),
    ]

    private static let encodings: [HTTPCase] = [
        .post(11, "blank before the colon", "Transfer-Encoding : chunked", "0\r\n\r\n", .refused(400)),
        .post(12, "xchunked", "Transfer-Encoding: xchunked", smuggled, .refused(400)),
        .post(13, "gzip alone", "Transfer-Encoding: gzip", smuggled, .refused(400)),
        .post(14, "gzip, chunked", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n", .refused(400)),
        .post(15, "chunked, gzip", "Transfer-Encoding: chunked, gzip", "0\r\n\r\n", .refused(400)),
        .post(
            15, "twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n", .refused(400)),
        .post(
            15, "chunked and identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n",
            .refused(400)),
        .post(16, "parameter", "Transfer-Encoding: chunked;x=y", "0\r\n\r\n", .refused(400)),
        .post(17, "vertical tab", "Transfer-Encoding: \u{B}chunked", smuggled, .refused(400)),
        .post(17, "quoted", "Transfer-Encoding: \"chunked\"", smuggled, .refused(400)),
        .post(17, "identity", "Transfer-Encoding: identity", smuggled, .refused(400)),
        .post(17, "empty", "Transfer-Encoding:", smuggled, .refused(400)),
        .post(17, "list with nothing in it", "Transfer-Encoding: chunked,", smuggled, .refused(400)),
        .post(18, "NUL behind", "Transfer-Encoding: chunked\u{0}zz", "0\r\n\r\n", .refused(400)),
        HTTPCase(
            19, "HTTP/1.0", "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .refused(400)),
        .post(20, "folded encoding", "Transfer-Encoding:\r\n chunked", "0\r\n\r\n", .refused(400)),
        .post(20, "folded field", "X-Note: one\r\n two", "", .refused(400)),
        .post(20, "folded with a tab", "X-Note: one\r\n\ttwo", "", .refused(400)),
        .post(20, "folded into nothing", "X-Note: one\r\n ", "", .refused(400)),
    ]

    private static let chunkings: [HTTPCase] = [
        .chunks(21, "0x2", "0x2\r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(21, "+2", "+2\r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(21, "blank before", " 2\r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(21, "-0", "-0\r\n\r\n", .refused(400)),
        .chunks(21, "no size", "\r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(22, "words behind", "2 zzz\r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(22, "NUL behind", "2\u{0}zz\r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(22, "blank behind", "2 \r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(23, "extension", "2;a=b\r\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(23, "extension of the last", "2\r\nab\r\n0;a=b\r\n\r\n", .refused(400)),
        .chunks(24, "ffffffffffffffff", "ffffffffffffffff\r\nab\r\n0\r\n\r\n", .refused(413)),
        .chunks(24, "7fffffffffffffff", "7fffffffffffffff\r\nab\r\n0\r\n\r\n", .refused(413)),
        .chunks(24, "10000000000000002", "10000000000000002\r\nab\r\n0\r\n\r\n", .refused(413)),
        .chunks(24, "too large together", "2\r\nab\r\nfffff\r\n", .refused(413)),
        .chunks(25, "longer than its size", "2\r\nabc\r\n0\r\n\r\n", .refused(400)),
        .chunks(25, "no end of line", "2\r\nab0\r\n\r\n", .refused(400)),
        .chunks(25, "something else", "2\r\nab\r0\r\n\r\n", .refused(400)),
        .chunks(26, "bare line feed behind the size", "2\nab\r\n0\r\n\r\n", .refused(400)),
        .chunks(26, "bare line feed behind the data", "2\r\nab\n0\r\n\r\n", .refused(400)),
        .chunks(26, "two line feeds behind the data", "2\r\nab\n\n0\r\n\r\n", .refused(400)),
        .chunks(26, "bare line feed behind the last size", "2\r\nab\r\n0\n\r\n", .refused(400)),
        .chunks(26, "bare line feed at the end", "2\r\nab\r\n0\r\n\n", .refused(400)),
        .chunks(27, "bare carriage return behind the size", "2\rab\r\n0\r\n\r\n", .refused(400)),
        .chunks(31, "trailer", "2\r\nab\r\n0\r\nContent-Length: 7\r\nX-Sig: good\r\n\r\n", .taken("ab")),
        .chunks(31, "trailer with a folded line", "2\r\nab\r\n0\r\nX-Sig: good\r\n evil\r\n\r\n", .refused(400)),
        .chunks(31, "trailer with NUL", "2\r\nab\r\n0\r\nX-Sig: go\u{0}od\r\n\r\n", .refused(400)),
        .chunks(31, "trailer without a colon", "2\r\nab\r\n0\r\nX-Sig\r\n\r\n", .refused(400)),
        .chunks(31, "request in the place of a trailer", "2\r\nab\r\n0\r\n\(smuggled)", .refused(400)),
        .chunks(42, "two chunks", "2\r\nab\r\n0000A\r\n0123456789\r\n0\r\n\r\n", .taken("ab0123456789")),
        .chunks(42, "no data", "0\r\n\r\n", .taken("")),
        .chunks(44, "half a chunk", "5\r\nab", .unfinished),
        .chunks(44, "no last chunk", "2\r\nab\r\n", .unfinished),
        .chunks(44, "no trailer", "2\r\nab\r\n0\r\n", .unfinished),
    ]

    private static let lines: [HTTPCase] = [
        HTTPCase(26, "bare line feeds", "GET /x HTTP/1.1\nHost: a\n\n", .refused(400)),
        HTTPCase(26, "bare line feed behind the host", "GET /x HTTP/1.1\r\nHost: a\n\r\n", .refused(400)),
        HTTPCase(26, "bare line feed at the end", "GET /x HTTP/1.1\r\nHost: a\r\n\n", .refused(400)),
        .post(27, "bare carriage return", "X-Note: one\rtwo", "", .refused(400)),
        .post(27, "bare carriage return and a field", "X-Note: one\rContent-Length: 2", "ab", .refused(400)),
        HTTPCase(27, "bare carriage return behind the version", "GET /x HTTP/1.1\rHost: a\r\n\r\n", .refused(400)),
        HTTPCase(
            27, "carriage return and a letter behind the version", "GET /x HTTP/1.1\rxHost: a\r\n\r\n", .refused(400)),
        HTTPCase(27, "bare carriage return at the end", "GET /x HTTP/1.1\r\nHost: a\r\n\rx", .refused(400)),
        .post(28, "NUL in a value", "X-Sig: good\u{0}evil", "", .refused(400)),
        .post(28, "escape in a value", "X-Note: \u{1B}[2J", "", .refused(400)),
        .post(28, "delete in a value", "X-Note: a\u{7F}", "", .refused(400)),
        .post(29, "line that starts with NUL", "\u{0}X-Note: a", smuggled, .refused(400)),
        HTTPCase(30, "NUL in the target", "GET /x\u{0}y HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(32, "no host", "GET /x HTTP/1.1\r\n\r\n", .refused(400)),
        HTTPCase(32, "two hosts", "GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(32, "two hosts in HTTP/1.0", "GET /x HTTP/1.0\r\nHost: a\r\nhOST: b\r\n\r\n", .refused(400)),
        HTTPCase(32, "two hosts in one", "GET /x HTTP/1.1\r\nHost: a, b\r\n\r\n", .refused(400)),
        HTTPCase(32, "empty host", "GET /x HTTP/1.1\r\nHost: \r\n\r\n", .refused(400)),
        HTTPCase(32, "host with a path", "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n", .refused(400)),
        HTTPCase(32, "no host in HTTP/1.0", "GET /x HTTP/1.0\r\n\r\n", .taken("")),
        .post(33, "no colon", "X-Note", "", .refused(400)),
        .post(33, "empty name", ": a", "", .refused(400)),
        .post(33, "name with a blank", "X Note: a", "", .refused(400)),
        .post(33, "name beyond ASCII", "X-N\u{F6}te: a", "", .refused(400)),
        .post(33, "value beyond ASCII", "X-Note: n\u{F6}te", "", .taken("")),
        HTTPCase(34, "first line starts with a blank", "GET /x HTTP/1.1\r\n Host: a\r\n\r\n", .refused(400)),
        HTTPCase(35, "HTTP/1.2", "GET /x HTTP/1.2\r\nHost: a\r\n\r\n", .refused(505)),
        HTTPCase(35, "HTTP/0.9", "GET /x HTTP/0.9\r\nHost: a\r\n\r\n", .refused(505)),
        HTTPCase(35, "HTTP/-1.1", "GET /x HTTP/-1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(35, "HTTP/4294967297.1", "GET /x HTTP/4294967297.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(35, "http/1.1", "GET /x http/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(35, "HTTP/1.", "GET /x HTTP/1.\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(35, "HTTP/1.10", "GET /x HTTP/1.10\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(35, "HTTP/1.1 and a blank", "GET /x HTTP/1.1 \r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(35, "no version", "GET /x\r\n\r\n", .refused(400)),
        HTTPCase(36, "preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(400)),
        HTTPCase(36, "HTTP/2.0", "GET /x HTTP/2.0\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(
            36, "upgrade",
            "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n",
            .taken("")),
    ]

    private static let targets: [HTTPCase] = [
        HTTPCase(37, "blank in the target", "GET /x y HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "two blanks", "GET  /x HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "two blanks before the version", "GET /x  HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "tabs", "GET\t/x\tHTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "tab before the version", "GET /x\tHTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "empty line before", "\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "no method", " /x HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "method that is no token", "G(T /x HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "fragment", "GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "quote in the query", "GET /x?y=\"z\" HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "backslash", "GET /x\\y HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(37, "beyond ASCII", "GET /\u{F6} HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(38, "absolute target", "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        HTTPCase(38, "CONNECT", "CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", .refused(400)),
        HTTPCase(38, "OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        // The caller answers these by their method.
        HTTPCase(38, "TRACE", "TRACE /x HTTP/1.1\r\nHost: a\r\n\r\n", .taken("")),
        HTTPCase(
            39, "HEAD with a body", "HEAD /x HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n\(smuggled)",
            .taken(smuggled)),
        HTTPCase(40, "GET with a body", "GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", .taken("ab")),
        HTTPCase(45, "hello of TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}", .refused(400)),
    ]

    private static let bodies: [HTTPCase] = [
        .post(41, "three in a row", "Content-Length: 2", "ab\(smuggled)\(smuggled)", .taken("ab")),
        .post(42, "length", "Content-Length: 10", "0123456789", .taken("0123456789")),
        .post(42, "no body", "Content-Length: 0", "", .taken("")),
        .post(42, "no length", "X-Note: a", smuggled, .taken("")),
        .post(43, "expects to be told", "Expect: 100-continue\r\nContent-Length: 2", "ab", .taken("ab")),
        .post(43, "expects in other letters", "Expect: 100-Continue\r\nContent-Length: 2", "ab", .taken("ab")),
        .post(43, "expects with too much", "Expect: 100-continue\r\nContent-Length: 1048577", "", .refused(413)),
        .post(43, "expects something else", "Expect: 200-ok\r\nContent-Length: 2", "ab", .refused(417)),
        .post(43, "expects two things", "Expect: 100-continue, x\r\nContent-Length: 2", "ab", .refused(417)),
        .post(43, "expects nothing", "Expect:\r\nContent-Length: 2", "ab", .refused(417)),
        .post(44, "short body", "Content-Length: 3", "ab", .unfinished),
        HTTPCase(44, "half a field", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Le", .unfinished),
        HTTPCase(44, "half a line", "POST /x HT", .unfinished),
        .post(57, "a byte too much", "Content-Length: 1048577", "", .refused(413)),
        .chunks(57, "a byte too much", "100001\r\n", .refused(413)),
        .chunks(48, "zeros", String(repeating: "0", count: 1_000), .refused(400)),
        .chunks(49, "empty lines", "2\r\nab\r\n\r\n\r\n\r\n", .refused(400)),
        .chunks(51, "long trailer", "0\r\n" + String(repeating: "a: b\r\n", count: 800), .refused(431)),
        .post(
            55, "2,500 fields", String(repeating: "a:\r\n", count: 2_500), "", .refused(431)),
        .post(56, "field of 9,000 bytes", "a: \(String(repeating: "b", count: 8_997))", "", .refused(431)),
        HTTPCase(
            56, "target of 9,000 bytes", "GET /\(String(repeating: "a", count: 8_999)) HTTP/1.1\r\nHost: a\r\n\r\n",
            .refused(414)),
    ]
}

/// Goal: hostile bytes come out as the catalogue of hostile inputs says, however the network cut them.
///
/// Method: every case is given whole, byte by byte, and in every two parts.
struct HTTPRequestReaderCaseTests {
    @Test(arguments: HTTPCase.all)
    func comesOutAsItShould(_ example: HTTPCase) {
        let outcome = HTTPOutcome(example.bytes)
        switch example.want {
        case .refused(let status): #expect(outcome.status == status)
        case .taken(let body): #expect(outcome.request?.bodyText == body)
        case .unfinished: #expect(outcome == .unfinished)
        }
    }

    @Test(arguments: HTTPCase.all)
    func comesOutTheSameHoweverItIsCut(_ example: HTTPCase) {
        let whole = HTTPOutcome(example.bytes)
        #expect(HTTPOutcome(example.bytes, cutAt: Array(0..<example.bytes.count)) == whole)
        for cut in cutsInTwo(of: example.bytes) {
            #expect(HTTPOutcome(example.bytes, cutAt: [cut]) == whole, "cut at \(cut)")
        }
    }

    /// Every part of what is refused is refused or unfinished: no beginning of it is a request.
    @Test(arguments: HTTPCase.all)
    func hasNoRequestInFrontOfAFault(_ example: HTTPCase) {
        guard case .refused = example.want else { return }
        for cut in cutsInTwo(of: example.bytes) {
            #expect(HTTPOutcome(Array(example.bytes[..<cut])).request == nil, "the first \(cut) bytes")
        }
    }

    /// Of the attacks on resources, 50 and 58 are no single requests and are tried beside the reader's other limits.
    @Test func holdsEveryCaseThatAReaderCanDecide() {
        let decided = Set(HTTPCase.all.map(\.number))
        #expect(decided == Set(1...45).union([48, 49, 51, 55, 56, 57]))
    }
}
