import Model
import Testing

@testable import Gateway

/// Goal: a proxy of ours is believed about whom it asks for, and nobody else is.
struct ProxiesTests {
    private static func sender(
        _ header: Proxies.Header, peer: String, _ fields: [(name: String, value: String)]
    ) -> IPAddress? {
        let networks = ["10.0.0.0/8", "2001:db8::/32"].compactMap { IPNetwork($0) }
        return Proxies(networks: networks, header: header).sender(
            of: Webhook(
                method: "POST", path: "/", query: nil, headers: Headers(fields), body: [], peer: peer,
                receivedAt: Instant(microseconds: 0)))
    }

    private static let forwardedFor: [(String, [String], String?)] = [
        // Not a proxy of ours: its word is nothing.
        ("192.0.2.1", ["203.0.113.5"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("::ffff:10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        // The last that is not ours counts: what stands before it came from outside.
        ("10.0.0.1", ["198.51.100.7, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.7", "203.0.113.5,10.0.0.2"], "203.0.113.5"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", ["2001:db9::1"], "2001:db9::1"),
        // What cannot be read ends it at the proxy that wrote it.
        ("10.0.0.1", ["203.0.113.5, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.5:80"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("unknown", ["203.0.113.5"], nil),
    ]

    @Test(arguments: forwardedFor)
    func readsForwardedFor(_ peer: String, _ values: [String], _ sender: String?) {
        let fields = values.map { (name: "X-Forwarded-For", value: $0) }
        #expect(Self.sender(.forwardedFor, peer: peer, fields) == sender.flatMap { IPAddress($0) })
        // The other field says nothing here.
        #expect(Self.sender(.forwarded, peer: peer, fields) == IPAddress(peer))
    }

    @Test(arguments: [
        ("for=203.0.113.5", "203.0.113.5"),
        (#"For="203.0.113.5:4711";proto=https;by=10.0.0.1"#, "203.0.113.5"),
        (#"for="[2001:db9::1]:80""#, "2001:db9::1"), (#"for="[2001:db9::1]""#, "2001:db9::1"),
        (#"for=198.51.100.7, for=203.0.113.5"#, "203.0.113.5"),
        (#"for=203.0.113.5 ; proto=http , for="[2001:db8::9]""#, "203.0.113.5"),
        ("for=unknown", "10.0.0.1"), ("for=_hidden", "10.0.0.1"), ("proto=http", "10.0.0.1"), ("for=", "10.0.0.1"),
        // What stands in quotes separates nothing, and names nobody.
        (#"proto=http;host="x,for=10.1.2.3;y";for=203.0.113.9"#, "203.0.113.9"),
        (#"for=198.51.100.7;host="x, for=10.1.2.3", for=203.0.113.9;by="a;for=b""#, "203.0.113.9"),
        (#"host="a\", for=192.0.2.7;for=192.0.2.8";for=203.0.113.9"#, "203.0.113.9"),
        (#"host="a\\";for=203.0.113.9"#, "203.0.113.9"), (#"for="20\3.0.113.9""#, "203.0.113.9"),
        // Nor does what cannot be told apart.
        (#"for=198.51.100.7;for=203.0.113.9"#, "10.0.0.1"), (#"for=203.0.113.9;For=unknown"#, "10.0.0.1"),
        (#"for=203.0.113.9;host="x"#, "10.0.0.1"), (#"host="x;for=203.0.113.9"#, "10.0.0.1"),
        (#"host="x, for=203.0.113.9"#, "10.0.0.1"), (#"host="x\", for=203.0.113.9"#, "10.0.0.1"),
        (#"for="203.0.113.9"x"#, "10.0.0.1"), (#"for=x"203.0.113.9""#, "10.0.0.1"),
        (#"for=203.0.113.9;host=a"b""#, "10.0.0.1"), (#"for=203.0.113.9;"for=x""#, "10.0.0.1"),
        (#"for="["#, "10.0.0.1"), (#"for=""#, "10.0.0.1"), (",,", "10.0.0.1"),
    ])
    func readsForwarded(_ value: String, _ sender: String) {
        #expect(Self.sender(.forwarded, peer: "10.0.0.1", [("Forwarded", value)]) == IPAddress(sender))
        #expect(Self.sender(.forwarded, peer: "192.0.2.1", [("Forwarded", value)]) == IPAddress("192.0.2.1"))
    }
}
