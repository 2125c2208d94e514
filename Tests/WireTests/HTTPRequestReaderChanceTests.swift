import Testing
import Wire

/// Goal: no bytes at all make the reader trap, or depend on how they were cut, or grow past its limits.
///
/// Method: bytes by chance, always the same: noise, words of the protocol in any order, and requests with a few bytes
/// changed.
struct HTTPRequestReaderChanceTests {
    /// Numbers that look like chance and are the same in every run (SplitMix64).
    struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    private static let words = [
        "GET", "POST", " ", "/", "/x?y", "HTTP/1.1", "HTTP/1.0", "\r\n", "\r\n\r\n", "\r", "\n", "Host: a\r\n",
        "Content-Length: ", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", ":",
        "0", "1", "2", "a", "f", "10", "\t", "0\r\n", "1\r\na\r\n", "\u{0}", "\u{FF}", ",",
    ]

    private static let requests = [
        "GET /x?y=z HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /in/a HTTP/1.1\r\nHost: a:80\r\nX-Sig: v1, b\r\nContent-Length: 5\r\n\r\n{\"a\"}",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nB\r\n0123456789a\r\n0\r\nX: y\r\n\r\n",
        "POST / HTTP/1.0\r\nConnection: close\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    private static func noise(_ chance: inout Chance) -> [UInt8] {
        (0..<Int.random(in: 0...80, using: &chance)).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
    }

    private static func babble(_ chance: inout Chance) -> [UInt8] {
        let start = Bool.random(using: &chance) ? "POST / HTTP/1.1\r\nHost: a\r\n" : ""
        let count = Int.random(in: 0...12, using: &chance)
        var input = octets(start)
        for _ in 0..<count { input += octets(words.randomElement(using: &chance) ?? "") }
        return input
    }

    private static func mutation(_ chance: inout Chance) -> [UInt8] {
        var input = octets(requests.randomElement(using: &chance) ?? "")
        for _ in 0..<Int.random(in: 0...3, using: &chance) {
            let index = Int.random(in: 0..<input.count, using: &chance)
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: input[index] = .random(in: .min ... .max, using: &chance)
            case 1: input.remove(at: index)
            case 2: input.insert(input.randomElement(using: &chance) ?? 0, at: index)
            default: input.insert(contentsOf: octets(words.randomElement(using: &chance) ?? ""), at: index)
            }
        }
        return input
    }

    private static let small = HTTPRequestReader.Limits(
        requestLineBytes: 40, headBytes: 120, fieldBytes: 50, fields: 4, bodyBytes: 12, trailerBytes: 20)

    @Test(arguments: 0..<12)
    func neverDependsOnTheCut(_ seed: Int) {
        var chance = Chance(state: UInt64(seed))
        var taken = 0
        var refused = 0
        for round in 0..<1_500 {
            let input =
                switch round % 3 {
                case 0: Self.noise(&chance)
                case 1: Self.babble(&chance)
                default: Self.mutation(&chance)
                }
            let limits = Bool.random(using: &chance) ? Self.small : .init()
            let whole = HTTPOutcome(input, limits: limits)
            let cuts = (0..<3).map { _ in Int.random(in: 0...input.count, using: &chance) }.sorted()
            #expect(HTTPOutcome(input, cutAt: cuts, limits: limits) == whole)
            #expect(HTTPOutcome(input, cutAt: Array(0..<input.count), limits: limits) == whole)
            switch whole {
            case .taken(let request, let consumed):
                taken += 1
                #expect(consumed <= input.count)
                #expect(request.body.count <= limits.bodyBytes)
                #expect(request.fields.count <= limits.fields)
                expectSameAgain(request, limits: limits)
            case .refused: refused += 1
            case .unfinished: break
            case .stuck: Issue.record("bytes were left unread")
            }
        }
        // Both ways are walked often, or the numbers above say little.
        #expect(taken > 100)
        #expect(refused > 500)
    }

    /// What was read, written out plainly, is read as the same.
    private func expectSameAgain(_ request: HTTPTaken, limits: HTTPRequestReader.Limits) {
        let isFramed = { (field: String) in
            field.lowercased().hasPrefix("content-length:") || field.lowercased().hasPrefix("transfer-encoding:")
        }
        // Text that was no UTF-8 is not what was sent any more.
        guard !request.fields.contains(where: { $0.contains("\u{FFFD}") }) else { return }
        var plain = request
        plain.fields = request.fields.filter { !isFramed($0) } + ["Content-Length: \(request.body.count)"]
        // HTTP/1.0 needs no host, and closes as one who says so.
        let version = request.fields.contains { $0.lowercased().hasPrefix("host:") } ? "HTTP/1.1" : "HTTP/1.0"
        if !request.keepsAlive { plain.fields.append("Connection: close") }
        let target = request.path + (request.query.map { "?" + $0 } ?? "")
        let head = "\(plain.method) \(target) \(version)\r\n" + plain.fields.joined(separator: "\r\n") + "\r\n\r\n"
        let again = HTTPOutcome(Array(head.utf8) + plain.body)
        #expect(again.request == plain)
    }
}
