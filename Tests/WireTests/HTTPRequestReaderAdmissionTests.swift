import Testing
import Wire

/// Goal: a request can be turned away by its head, with its body unread, however the network cut it.
struct HTTPRequestReaderAdmissionTests {
    private static let head = "POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
    private static let chunked = "POST /x?y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    private static let cuts: [[Int]] = [[], Array(0..<200)]

    /// What comes of a request, and the heads that were shown.
    private func read(
        _ text: String, cutAt cuts: [Int], admission: (HTTPRequest) throws(HTTPFault) -> Int?
    ) -> (body: String?, fault: HTTPFault?, heads: [HTTPRequest]) {
        var reader = HTTPRequestReader()
        let input = octets(text)
        var heads: [HTTPRequest] = []
        var start = 0
        for end in cuts.filter({ $0 < input.count }) + [input.count] {
            do throws(HTTPFault) {
                let (_, step) = try reader.read(input.span.extracting(start..<end)) { (head) throws(HTTPFault) in
                    heads.append(head)
                    return try admission(head)
                }
                if case .complete(let request) = step {
                    return (String(decoding: request.body, as: UTF8.self), nil, heads)
                }
            } catch {
                return (nil, error, heads)
            }
            start = end
        }
        return (nil, nil, heads)
    }

    @Test(arguments: cuts)
    func showsTheHeadOnce(_ cuts: [Int]) throws {
        let (body, _, heads) = read(Self.head + "abcd", cutAt: cuts) { _ in nil }
        #expect(body == "abcd")
        #expect(heads.count == 1)
        let head = try #require(heads.first)
        #expect(head.method == "POST" && head.path == "/x" && head.query == "y" && head.body.isEmpty)
        #expect(HTTPTaken(head).fields == ["Host: a", "Content-Length: 4"])
    }

    @Test(arguments: cuts)
    func turnsAwayBeforeTheBody(_ cuts: [Int]) {
        let fault = HTTPFault(status: 429, reason: "for a test")
        for head in [Self.head, Self.chunked] {
            // Not a byte of the body is there.
            #expect(read(head, cutAt: cuts) { _ throws(HTTPFault) in throw fault }.fault == fault)
        }
    }

    @Test(arguments: cuts)
    func boundsTheBodyOfThisRequest(_ cuts: [Int]) {
        #expect(read(Self.head + "abcd", cutAt: cuts) { _ in 4 }.body == "abcd")
        #expect(read(Self.head, cutAt: cuts) { _ in 3 }.fault?.status == 413)
        let chunks = Self.chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"
        #expect(read(chunks, cutAt: cuts) { _ in 4 }.body == "abcd")
        #expect(read(chunks, cutAt: cuts) { _ in 3 }.fault?.status == 413)
        #expect(read(chunks, cutAt: cuts) { _ in 0 }.fault?.status == 413)
    }

    @Test func neverRaisesTheBound() throws {
        var reader = HTTPRequestReader(limits: .init(bodyBytes: 3))
        let fault = #expect(throws: HTTPFault.self) {
            try reader.read(octets(Self.head).span) { _ in 1_000_000 }
        }
        #expect(fault?.status == 413)
    }

    @Test func boundsOneRequestAlone() throws {
        var reader = HTTPRequestReader()
        let input = octets(Self.head + "abcd")
        _ = try reader.read(input.span) { _ in 4 }
        // The next one has the whole limit again.
        let longer = octets("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde")
        guard case .complete(let request) = try reader.read(longer.span).step else {
            Issue.record("the second request is not whole")
            return
        }
        #expect(request.body == octets("abcde"))
    }

    @Test func saysWhatItHolds() throws {
        var reader = HTTPRequestReader()
        #expect(reader.bytesHeld == 0)
        _ = try reader.read(octets(Self.chunked).span)
        let afterHead = reader.bytesHeld
        #expect(afterHead >= Self.chunked.utf8.count)
        _ = try reader.read(octets("1000\r\n" + String(repeating: "a", count: 4_096)).span)
        #expect(reader.bytesHeld >= afterHead + 4_096)
        reader.startOver()
        #expect(reader.bytesHeld == 0 && reader.isAtStart)
    }
}
