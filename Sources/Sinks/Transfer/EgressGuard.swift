import Glibc

/// An address that a connection is about to be made to.
enum NetworkAddress: Equatable {
    case v4(UInt32)
    /// Its upper and its lower half.
    case v6(UInt64, UInt64)
    /// A kind that events are never sent to, such as a socket in the file system.
    case other

    /// Reads what the system's functions are given: a `sockaddr` of any kind.
    init(socketAddress: UnsafeRawBufferPointer) {
        guard socketAddress.count >= MemoryLayout<sockaddr>.size else {
            self = .other
            return
        }
        switch Int32(unsafe socketAddress.loadUnaligned(as: sockaddr.self).sa_family) {
        case AF_INET where socketAddress.count >= MemoryLayout<sockaddr_in>.size:
            let address = unsafe socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            self = .v4(UInt32(bigEndian: address))
        case AF_INET6 where socketAddress.count >= MemoryLayout<sockaddr_in6>.size:
            let address = unsafe socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            let words = unsafe address.__in6_u.__u6_addr32
            self = .v6(
                UInt64(UInt32(bigEndian: words.0)) << 32 | UInt64(UInt32(bigEndian: words.1)),
                UInt64(UInt32(bigEndian: words.2)) << 32 | UInt64(UInt32(bigEndian: words.3)))
        default:
            self = .other
        }
    }
}

/// Decides where connections may go, by the address itself, just before one is made.
///
/// Names, spellings and answers of name servers have been resolved by then: there is nothing left to be fooled by.
struct EgressGuard: Equatable {
    /// Whether loopback and private networks may be reached too. Link-local addresses, where clouds keep the
    /// credentials of their machines, may not be reached even then.
    let allowsPrivateNetworks: Bool

    func allows(_ address: NetworkAddress) -> Bool {
        switch address {
        case .v4(let address):
            !Self.specialV4.contains { $0.contains(address) }
                || allowsPrivateNetworks && Self.privateV4.contains { $0.contains(address) }
        case .v6(let upper, let lower):
            Self.globalV6.contains(upper) && !Self.specialV6.contains { $0.contains(upper) }
                || allowsPrivateNetworks && (Self.privateV6.contains(upper) || upper == 0 && lower == 1)
        case .other:
            false
        }
    }

    // The IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and what updates it), and multicast.

    private static let privateV4: [Network<UInt32>] = [
        Network(0x0A00_0000, 8),  // 10.0.0.0: private
        Network(0x6440_0000, 10),  // 100.64.0.0: shared by the customers of a carrier
        Network(0x7F00_0000, 8),  // 127.0.0.0: loopback
        Network(0xAC10_0000, 12),  // 172.16.0.0: private
        Network(0xC0A8_0000, 16),  // 192.168.0.0: private
    ]

    private static let specialV4 =
        privateV4 + [
            Network(0x0000_0000, 8),  // 0.0.0.0: this network
            Network(0xA9FE_0000, 16),  // 169.254.0.0: link-local
            Network(0xC000_0000, 24),  // 192.0.0.0: protocol assignments
            Network(0xC000_0200, 24),  // 192.0.2.0: documentation
            Network(0xC01F_C400, 24),  // 192.31.196.0: AS112
            Network(0xC034_C100, 24),  // 192.52.193.0: multicast tunnels
            Network(0xC058_6300, 24),  // 192.88.99.0: 6to4 relays, of old
            Network(0xC0AF_3000, 24),  // 192.175.48.0: AS112
            Network(0xC612_0000, 15),  // 198.18.0.0: benchmarks
            Network(0xC633_6400, 24),  // 198.51.100.0: documentation
            Network(0xCB00_7100, 24),  // 203.0.113.0: documentation
            Network(0xE000_0000, 4),  // 224.0.0.0: multicast
            Network(0xF000_0000, 4),  // 240.0.0.0: reserved, and broadcast
        ]

    /// 2000::, all that is assigned for the world at large. Loopback, mapped and translated IPv4, local and multicast
    /// addresses lie outside.
    private static let globalV6 = Network<UInt64>(0x2000_0000_0000_0000, 3)
    /// fc00::, unique local.
    private static let privateV6 = Network<UInt64>(0xFC00_0000_0000_0000, 7)

    private static let specialV6: [Network<UInt64>] = [
        Network(0x2001_0000_0000_0000, 23),  // 2001::, protocol assignments, Teredo among them
        Network(0x2001_0DB8_0000_0000, 32),  // 2001:db8::, documentation
        Network(0x2002_0000_0000_0000, 16),  // 2002::, 6to4, which carries an IPv4 address of any kind
        Network(0x3FFF_0000_0000_0000, 20),  // 3fff::, documentation
    ]

    /// All addresses that begin with the same bits.
    private struct Network<Word: FixedWidthInteger & Sendable>: Sendable {
        private let prefix: Word
        private let mask: Word

        init(_ prefix: Word, _ bits: Int) {
            self.prefix = prefix
            mask = ~(Word.max >> Word(bits))
        }

        func contains(_ address: Word) -> Bool {
            address & mask == prefix
        }
    }
}
