import Glibc
import Model
import Testing

@testable import Sinks

/// Goal: no connection is made to an address that is not public, however it is spelled and wherever it came from.
@Suite(.timeLimit(.minutes(1)))
struct EgressTests {
    private static let publicAddresses = [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1", "2001:200::1", "2001:4860::8888", "2003::1", "3ffe::1",
        "::ffff:8.8.8.8",
    ]
    private static let specialAddresses = [
        "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "::ffff:127.0.0.1",
        "127.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255", "192.0.0.1", "192.0.0.170",
        "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "198.18.0.0", "198.19.255.255",
        "198.51.100.1", "203.0.113.1",
        "::1", "::2", "::127.0.0.1", "100::1", "2001:1::1", "2001:1ff::1", "2001:db8::1", "3fff::1", "3fff:fff::1",
        "5f00::1", "fc00::1", "fd12:3456::1", "fec0::1", "4000::1", "1fff::1",
    ]
    private static let neverAddresses = [
        "0.0.0.0", "0.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::",
        "::ffff:169.254.169.254", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2001::1", "2002:7f00:1::1", "fe80::1",
        "febf::1", "ff02::1",
    ]

    @Test(arguments: publicAddresses)
    func allowsPublicAddresses(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(EgressGuard().allows(address))
    }

    @Test(arguments: specialAddresses)
    func allowsSpecialAddressesOnlyWhereTheyAreNamed(_ text: String) throws {
        let address = try #require(IPAddress(text))
        let network = try #require(IPNetwork(text))
        #expect(!EgressGuard().allows(address))
        #expect(!EgressGuard(named: ["10.9.0.0/16", "fd99::/16"]).allows(address))
        #expect(EgressGuard.problem(with: network) == nil)
        #expect(EgressGuard(named: [network]).allows(address))
    }

    @Test(arguments: neverAddresses)
    func allowsNoOthersAlsoWhereTheyAreNamed(_ text: String) throws {
        let address = try #require(IPAddress(text))
        let network = try #require(IPNetwork(text))
        #expect(EgressGuard.problem(with: network) != nil)
        #expect(!EgressGuard(named: [network, "0.0.0.0/0", "::/0"]).allows(address))
    }

    @Test(arguments: ["0.0.0.0/0", "::/0", "168.0.0.0/7", "169.254.169.254/32", "fe00::/8", "::/64", "2000::/3"])
    func whatHoldsAddressesThatAreNeverSentToCannotBeNamed(_ text: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(EgressGuard.problem(with: network)?.contains("never sent to") == true)
        #expect(throws: SinkError.self) {
            try HTTPSink.open(to: "https://a.example/") { $0.allowedNetworks = [network] }
        }
    }

    @Test func allowsNoOtherKindsOfAddress() {
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        let address = withUnsafeBytes(of: &local) { IPAddress(socketAddress: $0) }
        #expect(address == nil)
        #expect(!EgressGuard(named: ["127.0.0.0/8"]).allows(address))
        #expect(IPAddress(socketAddress: UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
        var cut = sockaddr_in6()
        cut.sin6_family = sa_family_t(AF_INET6)
        #expect(withUnsafeBytes(of: &cut) { IPAddress(socketAddress: .init(rebasing: $0[..<16])) } == nil)
    }

    /// Spellings of this machine and of its neighbourhood (with the forms that are no plain HTTP, below, the 37 of case 130).
    @Test(arguments: [
        "127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0x7f000001", "017700000001", "0", "0.0.0.0",
        "localhost", "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]", "[fe80::1%25lo]", "[fd00::1]", "169.254.169.254", "[::ffff:169.254.169.254]",
        "100.64.0.1", "192.0.0.170", "224.0.0.1", "255.255.255.255", "10.0.0.1", "\u{2460}27.0.0.1", "127.0.0.1.",
    ])
    func reachesNothingThatIsNotPublic(_ host: String) async throws {
        let receiver = try Receiver([.status("200 OK")])
        let url = "http://\(host):\(receiver.port)/in"
        do {
            let sink = try HTTPSink.open(to: url) {
                $0.allowedNetworks = []
                $0.timeoutMs = 5_000
            }
            let outcome = await sink.outcome()
            await sink.close()
            #expect(["later: The address is not public", "later: Couldn't resolve host name"].contains(outcome))
        } catch {
            guard case .badSetting = error as? SinkError else { throw error }
        }
        receiver.stop()
        #expect(receiver.connections == 0)
    }

    @Test func saysWhyAnAddressIsNotReached() async throws {
        let receiver = try Receiver([.status("200 OK")])
        let closed = try HTTPSink.open(to: receiver.url) { $0.allowedNetworks = [] }
        #expect(await closed.outcome() == "later: The address is not public")
        await closed.close()
        #expect(receiver.connections == 0)
        let open = try HTTPSink.open(to: receiver.url)
        #expect(await open.outcome() == "taken")
        await open.close()
        receiver.stop()
    }

    /// Whatever is still on its way to a sink that is closed comes back, rather than waiting for ever.
    @Test func isGivenNothingOnceItIsClosed() async throws {
        let sink = try HTTPSink.open(to: "http://127.0.0.1:9")
        await sink.close()
        #expect(await sink.outcome() == "later: the sink is closed")
    }

    @Test func keepsOffLinkLocalAddressesWhateverIsNamed() async throws {
        let sink = try HTTPSink.open(to: "http://169.254.169.254/latest/meta-data")
        #expect(await sink.outcome() == "later: The address is not public")
        await sink.close()
    }

    @Test(arguments: [
        "", "example.com/in", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:70/_x", "dict://a:1/",
        "http://", "http:///path", "http:/path", "https://user@example.com/", "https://user:pass@example.com/",
        "https://example.com:pass@127.0.0.1/", "http://example.com:99999/", "http://exa mple.com/", "http://a\r\nb/",
        "http://a/\r\nX: y", "http://[::1/", "unix:///run/x", "http://\u{e5}.example/", "javascript:alert(1)",
    ])
    func refusesAddressesThatAreNotPlainlyHTTP(_ url: String) {
        #expect(
            performing: { try HTTPSink.open(to: url) },
            throws: { error in
                guard case .badSetting(let why)? = error as? SinkError else { return false }
                return !why.contains("pass")
            })
    }
}
