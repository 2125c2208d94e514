import Testing
import Wire

/// Goal: a header of the PROXY protocol is read strictly, however it is cut, and nothing behind it is touched.
struct ProxyHeaderReaderTests {
    private static let signature = "\r\n\r\n\u{0}\r\nQUIT\n"

    /// What comes of the bytes whole, and how many were taken; byte by byte it is the same.
    private func outcome(_ text: String) -> (step: ProxyHeaderReader.Step, consumed: Int) {
        let input = octets(text)
        var reader = ProxyHeaderReader()
        let (consumed, step) = reader.read(input.span)
        var slow = ProxyHeaderReader()
        var last = (consumed: 0, step: ProxyHeaderReader.Step.needsMore)
        for index in input.indices where last.step == .needsMore {
            last = slow.read(input.span.extracting(index..<(index + 1)))
            last.consumed += index
        }
        #expect(last.step == step)
        #expect(last.consumed == consumed)
        return (step, consumed)
    }

    @Test(
        arguments: [
            ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1"),
            ("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "2001:db8::1"),
            ("PROXY UNKNOWN\r\n", nil), ("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", nil),
            (
                signature + "\u{21}\u{11}\u{0}\u{C}\u{C0}\u{0}\u{2}\u{1}\u{C6}\u{33}\u{64}\u{1}\u{1}\u{2}\u{1}\u{BB}",
                "192.0.2.1"
            ),
            (
                signature + "\u{21}\u{21}\u{0}\u{24}\u{20}\u{1}\u{D}\u{B8}" + String(repeating: "\u{0}", count: 11)
                    + "\u{1}"
                    + String(repeating: "\u{0}", count: 20), "2001:db8:0:0:0:0:0:1"
            ),
            // With something behind the addresses that is passed over; from the proxy itself; of an unknown family.
            (
                signature
                    + "\u{21}\u{11}\u{0}\u{F}\u{C0}\u{0}\u{2}\u{1}\u{C6}\u{33}\u{64}\u{1}\u{1}\u{2}\u{1}\u{BB}abc",
                "192.0.2.1"
            ),
            (signature + "\u{20}\u{0}\u{0}\u{0}", nil), (signature + "\u{21}\u{0}\u{0}\u{0}", nil),
        ] as [(String, String?)])
    func readsHeaders(_ header: String, _ sender: String?) {
        let (step, consumed) = outcome(header + "GET / HTTP/1.1\r\n")
        #expect(step == .complete(sender: sender))
        #expect(consumed == octets(header).count)
        for end in 1..<octets(header).count {
            var reader = ProxyHeaderReader()
            #expect(reader.read(octets(header).span.extracting(..<end)).step == .needsMore, "the first \(end) bytes")
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 +2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", "PROXY UDP4 a b 1 2\r\n",
        "PROXY \r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", "PROXY \(String(repeating: "a", count: 200))\r\n",
        "\r\n\r\n\u{0}\r\nQUIX\n", signature + "\u{11}\u{11}\u{0}\u{C}", signature + "\u{22}\u{11}\u{0}\u{0}",
        signature + "\u{21}\u{11}\u{0}\u{4}\u{C0}\u{0}\u{2}\u{1}", signature + "\u{21}\u{31}\u{0}\u{0}",
        signature + "\u{21}\u{11}\u{FF}\u{FF}", "\u{16}\u{3}\u{1}",
    ])
    func refusesWhatIsNone(_ bytes: String) {
        #expect(outcome(bytes + String(repeating: "\u{0}", count: 20)).step == .malformed)
    }
}
