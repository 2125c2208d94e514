import CCurl
import Glibc
internal import Model

/// Decides where connections may go, by the address itself, just before one is made.
///
/// Names, spellings and answers of name servers have been resolved by then: there is nothing left to be fooled by.
struct EgressGuard: Equatable {
    /// What may be reached although it is not public, because the operator named it.
    let named: [IPNetwork]

    /// - Parameter named: each as ``problem(with:)`` approves of.
    init(named: [IPNetwork] = []) {
        self.named = named
    }

    /// - Parameter address: nil for a kind that events are never sent to, such as a socket in the file system.
    func allows(_ address: IPAddress?) -> Bool {
        guard let address, !Self.never.contains(where: { $0.contains(address) }) else { return false }
        return Self.isPublic(address) || named.contains { $0.contains(address) }
    }

    /// What is wrong with naming a network; nil where nothing is.
    static func problem(with network: IPNetwork) -> String? {
        never.contains { $0.overlaps(network) }
            ? "holds addresses that are never sent to, such as link-local or multicast ones" : nil
    }

    private static func isPublic(_ address: IPAddress) -> Bool {
        (address.isV4 || globalV6.contains(address)) && !special.contains { $0.contains(address) }
    }

    /// Nobody's receiver is there: where clouds keep the credentials of their machines, who is not one alone, and IPv4
    /// addresses in a disguise.
    private static let never: [IPNetwork] = [
        "0.0.0.0/8",  // this network
        "169.254.0.0/16",  // link-local
        "224.0.0.0/4",  // multicast
        "240.0.0.0/4",  // reserved, and broadcast
        "::/128",  // unspecified
        "64:ff9b::/96",  // translated IPv4
        "64:ff9b:1::/48",  // locally translated IPv4
        "2001::/32",  // Teredo, which carries an IPv4 address of any kind
        "2002::/16",  // 6to4, as well
        "fe80::/10",  // link-local
        "ff00::/8",  // multicast
    ]

    /// The IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and what updates it), besides the
    /// above.
    private static let special: [IPNetwork] = [
        "10.0.0.0/8",  // private
        "100.64.0.0/10",  // shared by the customers of a carrier
        "127.0.0.0/8",  // loopback
        "172.16.0.0/12",  // private
        "192.0.0.0/24",  // protocol assignments
        "192.0.2.0/24",  // documentation
        "192.31.196.0/24",  // AS112
        "192.52.193.0/24",  // multicast tunnels
        "192.88.99.0/24",  // 6to4 relays, of old
        "192.168.0.0/16",  // private
        "192.175.48.0/24",  // AS112
        "198.18.0.0/15",  // benchmarks
        "198.51.100.0/24",  // documentation
        "203.0.113.0/24",  // documentation
        "2001::/23",  // protocol assignments
        "2001:db8::/32",  // documentation
        "3fff::/20",  // documentation
    ]

    /// All that is assigned for the world at large. Loopback, unique local and site-local addresses lie outside.
    private static let globalV6: IPNetwork = "2000::/3"
}

extension IPAddress {
    /// Reads what the system's functions are given, a `sockaddr` of any kind; nil where it is of none of ours.
    init?(socketAddress: UnsafeRawBufferPointer) {
        guard socketAddress.count >= MemoryLayout<sockaddr>.size else { return nil }
        switch Int32(unsafe socketAddress.loadUnaligned(as: sockaddr.self).sa_family) {
        case AF_INET where socketAddress.count >= MemoryLayout<sockaddr_in>.size:
            let address = unsafe socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr
            self.init(v4: UInt32(bigEndian: address.s_addr))
        case AF_INET6 where socketAddress.count >= MemoryLayout<sockaddr_in6>.size:
            let address = unsafe socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            let words = unsafe address.__in6_u.__u6_addr32
            self.init(
                v6: [words.0, words.1, words.2, words.3].reduce(0) { $0 << 32 | UInt128(UInt32(bigEndian: $1)) })
        default:
            return nil
        }
    }
}
