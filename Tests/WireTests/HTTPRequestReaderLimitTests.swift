import Testing
import Wire

/// Goal: nothing is larger than its limit, and what is exactly as large is taken.
///
/// Method: each limit met and passed by one; and senders that never come to an end.
struct HTTPRequestReaderLimitTests {
    private typealias Limits = HTTPRequestReader.Limits

    /// What comes of the bytes whole, which is what comes of them byte by byte and in two parts too.
    private func outcome(_ text: String, limits: HTTPRequestReader.Limits = .init()) -> HTTPOutcome {
        let input = octets(text)
        let whole = HTTPOutcome(input, limits: limits)
        #expect(HTTPOutcome(input, cutAt: Array(0..<input.count), limits: limits) == whole)
        for cut in cutsInTwo(of: input) {
            #expect(HTTPOutcome(input, cutAt: [cut], limits: limits) == whole, "cut at \(cut)")
        }
        return whole
    }

    private func filler(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test(arguments: [60, 8_192])
    func boundsTheRequestLine(_ max: Int) {
        let limits = Limits(requestLineBytes: max)
        let rest = max - "GET / HTTP/1.1".count
        for target in ["/" + filler(rest), "/?" + filler(rest - 1)] {
            #expect(
                outcome("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits).request?.fields == ["Host: a"])
            #expect(outcome("GET \(target)a HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits).status == 414)
            #expect(outcome("GET \(target)\(filler(20)) HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits).status == 414)
        }
        let whole = max - "GET /".count
        for line in ["GET /" + filler(whole), "GET /?" + filler(whole - 1)] {
            #expect(outcome(line + "\r\n\r\n", limits: limits).status == 400)
            #expect(outcome(line + "a\r\n\r\n", limits: limits).status == 414)
        }
        #expect(outcome(filler(max + 1) + " / HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits).status == 400)
    }

    @Test(arguments: [90, 16_384])
    func boundsTheHead(_ max: Int) {
        let limits = Limits(headBytes: max, fieldBytes: max)
        let start = "GET / HTTP/1.1\r\nHost: a\r\nb:"
        let rest = max - octets(start).count - 4
        #expect(outcome("\(start)\(filler(rest))\r\n\r\n", limits: limits).request?.fields.count == 2)
        #expect(outcome("\(start)\(filler(rest + 1))\r\n\r\n", limits: limits).status == 431)
        #expect(outcome("\(start)\(filler(rest + 9))\r\n\r\n", limits: limits).status == 431)
    }

    @Test func boundsTheHeadWithinItsFirstLine() {
        let limits = Limits(requestLineBytes: 200, headBytes: 100)
        #expect(outcome("GET /\(filler(95))", limits: limits) == .unfinished)
        #expect(outcome("GET /\(filler(96))", limits: limits).status == 431)
        #expect(outcome("GET /\(filler(80)) HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits).status == 431)
    }

    @Test func boundsEveryRequestOfAConnection() throws {
        var reader = HTTPRequestReader(limits: Limits(bodyBytes: 2))
        let start = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
        guard case .complete = try reader.read(octets(start + "2\r\n\r\nab").span).step else {
            Issue.record("the first request is not whole")
            return
        }
        let fault = #expect(throws: HTTPFault.self) { try reader.read(octets(start + "3\r\n\r\nabc").span) }
        #expect(fault?.status == 413)
    }

    @Test(arguments: [40, 8_192])
    func boundsAField(_ max: Int) {
        let limits = Limits(fieldBytes: max)
        for field in ["b:" + filler(max - 2), filler(max - 1) + ":", "b:" + String(repeating: " ", count: max - 2)] {
            let start = "GET / HTTP/1.1\r\nHost: a\r\n"
            #expect(outcome("\(start)\(field)\r\n\r\n", limits: limits).request?.fields.count == 2)
            #expect(outcome("\(start)a\(field)\r\n\r\n", limits: limits).status == 431)
            let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
            let trailing = Limits(fieldBytes: max, trailerBytes: max + 4)
            #expect(outcome("\(chunked)\(field)\r\n\r\n", limits: trailing).request?.fields.count == 2)
            #expect(outcome("\(chunked)a\(field)\r\n\r\n", limits: trailing).status == 431)
        }
    }

    @Test(arguments: [3, 100])
    func boundsTheFields(_ max: Int) {
        let limits = Limits(fields: max)
        func fields(_ count: Int) -> String { String(repeating: "b:\r\n", count: count) }
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        #expect(outcome("\(start)\(fields(max - 1))\r\n", limits: limits).request?.fields.count == max)
        #expect(outcome("\(start)\(fields(max))\r\n", limits: limits).status == 431)
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        #expect(outcome("\(chunked)\(fields(max))\r\n", limits: limits).request?.fields.count == 2)
        #expect(outcome("\(chunked)\(fields(max + 1))\r\n", limits: limits).status == 431)
    }

    @Test(arguments: [0, 10, 1_000])
    func boundsTheBody(_ max: Int) {
        let limits = Limits(bodyBytes: max)
        let start = "POST / HTTP/1.1\r\nHost: a\r\n"
        func chunks(_ sizes: Int...) -> String {
            sizes.map { String($0, radix: 16) + "\r\n" + filler($0) + "\r\n" }.joined()
        }
        let body = octets(filler(max))
        #expect(
            outcome("\(start)Content-Length: \(max)\r\n\r\n\(filler(max))", limits: limits).request?.body == body)
        // It is refused before any of it is read.
        #expect(outcome("\(start)Content-Length: \(max + 1)\r\n\r\n", limits: limits).status == 413)
        let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"
        if max > 1 {
            #expect(outcome("\(chunked)\(chunks(max))0\r\n\r\n", limits: limits).request?.body == body)
            #expect(outcome("\(chunked)\(chunks(1, max - 1))0\r\n\r\n", limits: limits).request?.body == body)
            #expect(outcome("\(chunked)\(chunks(1, max))0\r\n\r\n", limits: limits).status == 413)
        }
        #expect(outcome(chunked + String(max + 1, radix: 16), limits: limits).status == 413)
    }

    @Test(arguments: [20, 4_096])
    func boundsTheTrailer(_ max: Int) {
        let limits = Limits(fields: 2_000, trailerBytes: max)
        let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
        let trailer = "b:\(filler(max - 6))\r\n\r\n"
        #expect(outcome(start + trailer, limits: limits).request?.bodyText == "ab")
        #expect(outcome(start + "a" + trailer, limits: limits).status == 431)
    }

    /// The body's limit as it is by default, in one piece and in as many as there can be.
    @Test func takesTheLargestBody() {
        let body = [UInt8](repeating: 0x61, count: Limits().bodyBytes)
        let start = "POST / HTTP/1.1\r\nHost: a\r\n"
        let sized = octets("\(start)Content-Length: \(body.count)\r\n\r\n") + body
        #expect(HTTPOutcome(sized).request?.body == body)
        #expect(HTTPOutcome(sized, cutAt: Array(stride(from: 100, to: sized.count, by: 1_000))).request?.body == body)
        let chunked = octets("\(start)Transfer-Encoding: chunked\r\n\r\n100000\r\n") + body + octets("\r\n0\r\n\r\n")
        #expect(HTTPOutcome(chunked).request?.body == body)
    }

    @Test func takes65536ChunksOfOneByte() {
        let start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let input = octets(start + String(repeating: "1\r\nb\r\n", count: 65_536) + "0\r\n\r\n")
        let whole = HTTPOutcome(input)
        #expect(whole.request?.body == [UInt8](repeating: UInt8(ascii: "b"), count: 65_536))
        #expect(HTTPOutcome(input, cutAt: Array(0..<input.count)) == whole)
        #expect(HTTPOutcome(input, cutAt: Array(stride(from: 7, to: input.count, by: 1_001))) == whole)
    }

    // MARK: - Senders that never come to an end

    struct Endless: Sendable, CustomTestStringConvertible {
        let name: String
        let start: String
        let repeated: String
        let status: Int
        /// How many bytes are read behind the start before it is refused.
        let bytes: Int

        var testDescription: String { name }

        private static let get = "GET / HTTP/1.1\r\nHost: a\r\n"
        private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

        static let all = [
            Endless(name: "method", start: "", repeated: "A", status: 400, bytes: 8_193),
            Endless(name: "empty lines", start: "", repeated: "\r\n", status: 400, bytes: 1),
            Endless(name: "path", start: "GET ", repeated: "/", status: 414, bytes: 8_189),
            Endless(name: "query", start: "GET /?", repeated: "?", status: 414, bytes: 8_187),
            Endless(name: "name", start: get, repeated: "a", status: 431, bytes: 8_193),
            Endless(name: "value", start: get + "a:", repeated: "a", status: 431, bytes: 8_191),
            Endless(name: "blanks", start: get + "a:", repeated: " ", status: 431, bytes: 8_191),
            Endless(name: "fields", start: get, repeated: "a:\r\n", status: 431, bytes: 99 * 4 + 1),
            Endless(
                name: "head", start: "GET / HTTP/1.1\r\n", repeated: "a: \(String(repeating: "b", count: 250))\r\n",
                status: 431, bytes: 16_384 - 16 + 1),
            Endless(name: "zeros of a chunk's size", start: chunked, repeated: "0", status: 400, bytes: 9),
            Endless(name: "digits of a chunk's size", start: chunked, repeated: "1", status: 413, bytes: 6),
            Endless(name: "empty lines for chunks", start: chunked, repeated: "\r\n", status: 400, bytes: 1),
            Endless(
                name: "empty lines between chunks", start: chunked + "1\r\na\r\n", repeated: "\r\n", status: 400,
                bytes: 1),
            Endless(name: "extension", start: chunked + "1", repeated: ";a", status: 400, bytes: 1),
            Endless(name: "trailer", start: chunked + "0\r\n", repeated: "a:\r\n", status: 431, bytes: 401),
            Endless(name: "line of a trailer", start: chunked + "0\r\n", repeated: "a", status: 431, bytes: 4_097),
            Endless(
                name: "chunks", start: chunked, repeated: "1\r\na\r\n", status: 413, bytes: 1_048_576 * 6 + 1),
        ]
    }

    @Test(arguments: Endless.all)
    func endsWhatNeverEnds(_ sender: Endless) throws {
        var reader = HTTPRequestReader()
        let start = octets(sender.start)
        #expect(try reader.read(start.span).consumed == start.count)
        let repeated = octets(sender.repeated)
        let round = (0..<max(1, 1_000 / repeated.count)).flatMap { _ in repeated }
        var count = 0
        var refused: HTTPFault?
        while refused == nil && count < 8 << 20 {
            // A copy tries the round as a whole; where it is refused, the reader itself finds the byte.
            var copy = reader
            do throws(HTTPFault) {
                _ = try copy.read(round.span)
                reader = copy
                count += round.count
            } catch {
                refused = error
            }
        }
        #expect(refused?.status == sender.status)
        var fault: HTTPFault?
        for index in round.indices where fault == nil {
            count += 1
            do throws(HTTPFault) { _ = try reader.read(round.span.extracting(index..<(index + 1))) } catch {
                fault = error
            }
        }
        #expect(fault == refused)
        #expect(count == sender.bytes)
    }
}
