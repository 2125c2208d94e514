import Testing
import Wire

/// Goal: an answer is read to its end and no further, however its bytes were cut, and believed for its status alone.
///
/// Method: each case is read whole, byte by byte and in every two parts, and must come to the same.
struct HTTPResponseReaderTests {
    /// What came of bytes.
    enum Outcome: Equatable, Sendable, CustomStringConvertible {
        /// An answer, and how many bytes were left behind it.
        case answer(Int, retryAfter: String? = nil, keepsAlive: Bool = true, left: Int = 0)
        /// None yet; and what it is when the connection ends there.
        indirect case open(then: Outcome)
        case fault(HTTPResponseReader.Fault)

        var description: String {
            switch self {
            case .answer(let status, let retryAfter, let keepsAlive, let left):
                "\(status), retry after \(retryAfter ?? "-"), \(keepsAlive ? "keeps" : "closes"), \(left) left"
            case .open(let then): "open, then \(then)"
            case .fault(let fault): "\(fault)"
            }
        }

        private init(_ answer: HTTPResponseReader.Answer, left: Int) {
            self = .answer(
                answer.status, retryAfter: answer.retryAfter, keepsAlive: answer.keepsAlive, left: left)
        }

        init(_ bytes: [UInt8], cutAt cuts: [Int] = []) {
            var reader = HTTPResponseReader()
            do throws(HTTPResponseReader.Fault) {
                var start = 0
                for end in cuts + [bytes.count] {
                    let (consumed, answer) = try reader.read(bytes.span.extracting(start..<end))
                    if let answer {
                        self.init(answer, left: bytes.count - start - consumed)
                        return
                    }
                    #expect(consumed == end - start, "bytes were left unread")
                    start = end
                }
            } catch {
                self = .fault(error)
                return
            }
            do throws(HTTPResponseReader.Fault) {
                self = .open(then: Outcome(try reader.end(), left: 0))
            } catch {
                self = .open(then: .fault(error))
            }
        }
    }

    private static let long = String(repeating: "a", count: 65_537)

    private static let cases: [(String, Outcome)] = [
        // Where it ends.
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .answer(200)),
        ("HTTP/1.1 200 OK\r\ncontent-LENGTH:2\r\n\r\nab", .answer(200)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP", .answer(200, left: 4)),
        ("HTTP/1.1 204 No Content\r\n\r\n", .answer(204)),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", .answer(204, left: 5)),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", .answer(304)),
        ("HTTP/1.1 200 OK\r\n\r\nab", .open(then: .answer(200, keepsAlive: false))),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", .open(then: .fault(.cutShort))),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nX", .answer(200, left: 1)),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n0A ;x=\"y\"\r\n0123456789\r\n00\r\nT: a\r\n\r\n",
            .answer(200)
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", .open(then: .fault(.cutShort))),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", .fault(.badChunk)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .fault(.badChunk)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .fault(.badChunk)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 2\r\n", .fault(.badChunk)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567890abcdef\r\n", .fault(.badChunk)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab", .open(then: .answer(200, keepsAlive: false))),
        // What is not to be believed.
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .answer(200, keepsAlive: false)
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
            .answer(200, keepsAlive: false, left: 3)
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", .answer(200)),
        ("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab", .answer(200, keepsAlive: false, left: 2)),
        ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nab", .answer(200, keepsAlive: false, left: 2)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab", .answer(200)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nab", .answer(200, keepsAlive: false, left: 2)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Identity\r\nContent-Length: 2\r\n\r\nab", .answer(200)),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab",
            .answer(200, keepsAlive: false, left: 2)
        ),
        // Nobody waits for a long body.
        ("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", .answer(200, keepsAlive: false)),
        ("HTTP/1.1 500 No\r\n\r\n\(long)", .answer(500, keepsAlive: false, left: 1)),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n\(long)\r\n0\r\n\r\n",
            .answer(200, keepsAlive: false, left: 1 + 7)
        ),
        ("HTTP/1.1 200 OK\r\nX: \(long)\r\n\r\n", .fault(.headTooLong)),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "1\r\nb\r\n", count: 14_000) + "0\r\n\r\n",
            .answer(200, keepsAlive: false, left: (14_000 - 13_097) * 6)
        ),
        ("\(long)\(long)", .fault(.notHTTP)),
        (
            "HTTP/1.1 102 Wait\r\nX: \(long.prefix(40_000))\r\n\r\nHTTP/1.1 200 OK\r\nX: \(long.prefix(40_000))",
            .fault(.headTooLong)
        ),
        // Whether the connection goes on.
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", .answer(200, keepsAlive: false)),
        ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", .answer(200)),
        ("HTTP/1.1 200 OK\r\nConnection: x, CLOSE\r\nContent-Length: 0\r\n\r\n", .answer(200, keepsAlive: false)),
        (
            "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
            .answer(200, keepsAlive: false)
        ),
        ("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", .answer(204, keepsAlive: false)),
        ("HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 0\r\n\r\n", .answer(200)),
        // Interim answers.
        (
            "HTTP/1.1 103 Hints\r\nRetry-After: 7\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", .answer(503)
        ),
        ("HTTP/1.1 100 Continue\r\n\r\n", .open(then: .fault(.cutShort))),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .fault(.notHTTP)),
        // How long to wait.
        ("HTTP/1.1 429 No\r\nreTry-aFter: \t 120 \t\r\nContent-Length: 0\r\n\r\n", .answer(429, retryAfter: "120")),
        (
            "HTTP/1.1 429 No\r\nRetry-After: \(long.prefix(70))\r\nContent-Length: 0\r\n\r\n",
            .answer(429, retryAfter: String(long.prefix(64)))
        ),
        // Sloppy, and understood.
        ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", .answer(200)),
        ("HTTP/1.1 200 \nContent-Length: 1\nno field at all\n: x\n\na", .answer(200)),
        ("HTTP/1.9 299 Bl\u{e5}\r\nContent-Length: 0\r\n\r\n", .answer(299)),
        // No answer.
        ("", .open(then: .fault(.nothing))),
        ("HTTP/1.1 20", .open(then: .fault(.cutShort))),
        ("hello", .fault(.notHTTP)),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", .fault(.notHTTP)),
        ("HTTP/2 200 OK\r\n\r\n", .fault(.notHTTP)),
        ("HTTP/1.1 2000 OK\r\n\r\n", .fault(.notHTTP)),
        ("HTTP/1.1 20 OK\r\n\r\n", .fault(.notHTTP)),
        ("HTTP/1.1 099 OK\r\n\r\n", .fault(.notHTTP)),
        ("HTTP/1.1  200 OK\r\n\r\n", .fault(.notHTTP)),
        ("HTTP/1.x 200 OK\r\n\r\n", .fault(.notHTTP)),
        ("HTTP/1.1\t200 OK\r\n\r\n", .fault(.notHTTP)),
    ]

    @Test(arguments: cases.indices)
    func comesToTheSameHoweverItIsCut(_ index: Int) {
        let (text, outcome) = Self.cases[index]
        let bytes = Array(text.utf8)
        #expect(Outcome(bytes) == outcome, "\(text.prefix(120).debugDescription)")
        #expect(Outcome(bytes, cutAt: Array(bytes.indices.dropFirst())) == outcome, "byte by byte: \(text.prefix(120))")
        for cut in cutsInTwo(of: bytes) {
            #expect(Outcome(bytes, cutAt: [cut]) == outcome, "cut at \(cut): \(text.prefix(120).debugDescription)")
        }
    }

    @Test func tellsWhetherAnythingCame() throws {
        var reader = HTTPResponseReader()
        #expect(!reader.hasBegun)
        _ = try reader.read(Array("H".utf8).span)
        #expect(reader.hasBegun)
    }
}
