import Testing
import Wire

/// Goal: what is right is read as it was sent, and the reader says where it stands.
///
/// Method: whole requests, compared part by part; and the reader's own words between the parts.
struct HTTPRequestReaderTests {
    /// The request, where the bytes are one and nothing lies behind it.
    private func read(_ text: String) throws -> HTTPRequest {
        var reader = HTTPRequestReader()
        let input = octets(text)
        let (consumed, step) = try reader.read(input.span)
        #expect(consumed == input.count)
        guard case .complete(let request) = step else { throw Unfinished() }
        return request
    }

    private struct Unfinished: Error {}

    @Test func readsEveryPart() throws {
        let request = try read(
            "POST /in/a%2Fb?x=1&y=%20? HTTP/1.1\r\nHost: example.com:8080\r\nX-Sig: \t v1=a, b \t\r\nX-Empty:\r\n"
                + "x-blank:   \r\nContent-Length: 4\r\n\r\n\u{0}\r\n\u{FF}")
        let taken = HTTPTaken(request)
        #expect(taken.method == "POST")
        #expect(taken.path == "/in/a%2Fb")
        #expect(taken.query == "x=1&y=%20?")
        #expect(
            taken.fields == [
                "Host: example.com:8080", "X-Sig: v1=a, b", "X-Empty: ", "x-blank: ", "Content-Length: 4",
            ])
        #expect(taken.body == [0, 13, 10, 255])
        #expect(taken.keepsAlive)
    }

    /// Values are read eight bytes at a time: each byte is told from every other at each place of them.
    @Test(arguments: UInt8.min...UInt8.max)
    func takesOfAValueWhatMayStandThereAtEachPlace(_ byte: UInt8) {
        // A carriage return ends the line, and has its own tests.
        let mayStand = byte == 0x09 || byte >= 0x20 && byte != 0x7F
        for place in 1...18 {
            var value = [UInt8](repeating: UInt8(ascii: "~"), count: 20)
            value[place] = byte
            var reader = HTTPRequestReader()
            let input = octets("GET / HTTP/1.1\r\nHost: a\r\nX: ") + value + octets("\r\n\r\n")
            guard case .complete(let request)? = try? reader.read(input.span).step else {
                #expect(!mayStand, "\(byte) at \(place)")
                continue
            }
            #expect(mayStand && Array(request.head[request.fields[1].value]) == value, "\(byte) at \(place)")
        }
    }

    @Test func tellsNoQueryFromAnEmptyOne() throws {
        #expect(try read("GET /x HTTP/1.1\r\nHost: a\r\n\r\n").query == nil)
        #expect(try read("GET /x? HTTP/1.1\r\nHost: a\r\n\r\n").query?.isEmpty == true)
        #expect(try read("GET /? HTTP/1.1\r\nHost: a\r\n\r\n").path == "/")
    }

    @Test func keepsBytesBeyondASCIIInValues() throws {
        let request = try read("GET / HTTP/1.1\r\nHost: a\r\nX: \u{80}\u{FF}\r\n\r\n")
        #expect(request.fields.last.map { Array(request.head[$0.value]) } == [0x80, 0xFF])
    }

    @Test(arguments: [
        ("HTTP/1.1", "X: y", true),
        ("HTTP/1.1", "Connection: keep-alive", true),
        ("HTTP/1.1", "Connection: closed", true),
        ("HTTP/1.1", "Connection:", true),
        ("HTTP/1.1", "Connection: close", false),
        ("HTTP/1.1", "connection: CLOSE", false),
        ("HTTP/1.1", "Connection: keep-alive ,\t Close ,x", false),
        ("HTTP/1.1", "Connection: keep-alive\r\nConnection: close", false),
        ("HTTP/1.0", "X: y", false),
        ("HTTP/1.0", "Connection: keep-alive", false),
    ])
    func knowsWhetherTheConnectionIsKept(_ version: String, _ fields: String, _ isKept: Bool) throws {
        #expect(try read("GET / \(version)\r\nHost: a\r\n\(fields)\r\n\r\n").keepsAlive == isKept)
    }

    @Test(arguments: ["chunked", "Chunked", "CHUNKED", " \tchunked \t"])
    func knowsChunksInWhateverLetters(_ encoding: String) throws {
        let request = try read(
            "POST / HTTP/1.1\r\nHost: a\r\ntRANSFER-eNCODING:\(encoding)\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        #expect(request.body == octets("abc"))
    }

    @Test func neverShowsATrailer() throws {
        let request = try read(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sig: good\r\nHost: b\r\n\r\n")
        #expect(HTTPTaken(request).fields == ["Host: a", "Transfer-Encoding: chunked"])
        #expect(!String(decoding: request.head, as: UTF8.self).contains("X-Sig"))
    }

    @Test(arguments: ["a", "a:80", "[2001:db8::1]:443", "my_service.internal", "127.0.0.1"])
    func takesHosts(_ host: String) throws {
        #expect(try HTTPTaken(read("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")).fields == ["Host: \(host)"])
    }

    /// Every byte, in every place where one is chosen by the sender.
    @Test func takesExactlyTheBytesThatBelong() {
        let letters = Set(octets("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        let token = letters.union(octets("!#$%&'*+-.^_`|~"))
        let target = Set(UInt8(0x21)...0x7E).subtracting(octets("\"#<>\\^`{|}"))
        let value = Set(UInt8(0x20)...0xFF).subtracting([0x7F]).union([9])
        for byte in UInt8.min...UInt8.max {
            func isTaken(_ before: String, _ after: String) -> Bool {
                HTTPOutcome(octets(before) + [byte] + octets(after)).request != nil
            }
            #expect(isTaken("G", "T / HTTP/1.1\r\nHost: a\r\n\r\n") == token.contains(byte), "method \(byte)")
            #expect(isTaken("GET /", " HTTP/1.1\r\nHost: a\r\n\r\n") == target.contains(byte), "path \(byte)")
            #expect(isTaken("GET /?", " HTTP/1.1\r\nHost: a\r\n\r\n") == target.contains(byte), "query \(byte)")
            #expect(isTaken("GET / HTTP/1.1\r\nHost: a\r\n", "b: c\r\n\r\n") == token.contains(byte), "name \(byte)")
            #expect(isTaken("GET / HTTP/1.1\r\nHost: a\r\nb: c", "d\r\n\r\n") == value.contains(byte), "value \(byte)")
        }
    }

    @Test func leavesTheNextRequestUnread() throws {
        let one = octets("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
        let two = octets("POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n")
        let three = octets("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
        let all = one + two + three
        var reader = HTTPRequestReader()
        var start = 0
        var paths: [String] = []
        for length in [one.count, two.count, three.count] {
            #expect(reader.isAtStart)
            let (consumed, step) = try reader.read(all.span.extracting(start...))
            #expect(consumed == length)
            if case .complete(let request) = step { paths.append(request.path) }
            start += consumed
        }
        #expect(paths == ["/1", "/2", "/3"])
        #expect(reader.isAtStart && !reader.isInBody)
    }

    @Test func saysWhereItStands() throws {
        var reader = HTTPRequestReader()
        let input = octets("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
        #expect(try reader.read([UInt8]().span).consumed == 0)
        #expect(reader.isAtStart && !reader.isInBody)
        for index in input.indices.dropLast() {
            guard case (1, .needsMore) = try reader.read(input.span.extracting(index..<(index + 1))) else {
                Issue.record("byte \(index) finished it")
                return
            }
            #expect(!reader.isAtStart)
            #expect(reader.isInBody == (index >= input.count - 3))
        }
    }

    @Test func throwsTheSameEverAfter() throws {
        var reader = HTTPRequestReader()
        let wrong = octets("POST http://b/ HTTP/1.1\r\n\r\n")
        let right = octets("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let fault = try #require(throws: HTTPFault.self) { try reader.read(wrong.span) }
        #expect(fault.status == 400)
        #expect(throws: fault) { try reader.read(right.span) }
        #expect(throws: fault) { try reader.read([UInt8]().span) }
        #expect(!reader.isAtStart)
    }

    // MARK: - 100 Continue

    /// The steps that come of these pieces, as words.
    private func steps(_ pieces: String...) throws -> [String] {
        var reader = HTTPRequestReader()
        return try pieces.map { piece in
            switch try reader.read(octets(piece).span).step {
            case .needsMore: "more"
            case .wantsContinue: "continue"
            case .complete(let request): "whole " + String(decoding: request.body, as: UTF8.self)
            }
        }
    }

    private let expecting = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"

    @Test func asksForContinueOnce() throws {
        #expect(
            try steps(expecting, "Content-Length: 2\r\n\r\n", "", "a", "b") == [
                "more", "continue", "more", "more", "whole ab",
            ])
        #expect(
            try steps(expecting + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", "0\r\n\r\n") == [
                "continue", "more", "whole a",
            ])
    }

    @Test func asksForNothingThatComesAlong() throws {
        #expect(try steps(expecting + "Content-Length: 2\r\n\r\na", "b") == ["more", "whole ab"])
        #expect(try steps(expecting + "Content-Length: 2\r\n\r\nab") == ["whole ab"])
    }

    @Test func asksForNothingWhereNoBodyFollows() throws {
        #expect(try steps(expecting + "Content-Length: 0\r\n\r\n") == ["whole "])
        #expect(try steps(expecting + "\r\n") == ["whole "])
    }

    @Test func asksForNothingInHTTP10() throws {
        let head = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        #expect(try steps(head, "ab") == ["more", "whole ab"])
    }
}
