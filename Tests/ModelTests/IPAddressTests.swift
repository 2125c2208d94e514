import Model
import Testing

/// Goal: an address is what its text says and nothing else, and a network holds what lies in it.
struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"), ("::", "0:0:0:0:0:0:0:0"),
        ("::1", "0:0:0:0:0:0:0:1"), ("1::", "1:0:0:0:0:0:0:0"), ("2001:DB8::a:b", "2001:db8:0:0:0:0:a:b"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
    ])
    func readsOneAddressInAllItsSpellings(_ text: String, _ other: String) {
        let address = IPAddress(text)
        #expect(address != nil)
        #expect(address == IPAddress(other))
    }

    @Test(arguments: [
        "192.0.2.1", "0.0.0.0", "::", "::1", "1::", "2001:db8::a:b", "1:2:3:4:5:6:7:8", "1:0:2::3", "1::2:0:0:3",
        "0:1:2:3:4:5:6:7",
    ])
    func isSpelledInOneWay(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3. 4", "1.2.3.4 ", "0x1.2.3.4",
        "127.1", "2130706433", "localhost", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::",
        "1::2:",
        "12345::", "g::", "fe80::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::", "192.0.2.1:80", "::1/64", "１.2.3.4",
    ])
    func takesNothingElse(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::", false), ("::/0", "2001:db8::1", true), ("::/0", "192.0.2.1", false),
        ("2001:db8::8000/113", "2001:db8::ffff", true), ("2001:db8::8000/113", "2001:db8::7fff", false),
    ])
    func aNetworkHoldsWhatLiesInIt(_ network: String, _ address: String, _ isIn: Bool) throws {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "/", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/24/24",
        "2001:db8::1/64", "2001:db8::/129", "/24", "example.com/24", "192.0.2.0/0024",
    ])
    func noNetworks(_ text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func neighboursInOneHouseholdShareIt() throws {
        let one = try #require(IPAddress("2001:db8:1:2::1"))
        #expect(one.clientPrefix == IPAddress("2001:db8:1:2:ffff::")?.clientPrefix)
        #expect(one.clientPrefix != IPAddress("2001:db8:1:3::1")?.clientPrefix)
        #expect(IPAddress("192.0.2.1")?.clientPrefix != IPAddress("192.0.2.2")?.clientPrefix)
    }

    @Test func knowsTheMachineItself() {
        #expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].allSatisfy { IPAddress($0)?.isLoopback == true })
        #expect(["128.0.0.1", "::2", "10.0.0.1"].allSatisfy { IPAddress($0)?.isLoopback == false })
    }
}
