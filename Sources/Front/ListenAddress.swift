import CEvent
import Glibc
import Model

/// Where to listen: a numeric address and a port.
public struct ListenAddress: Sendable, Equatable {
    /// Such as `127.0.0.1`, `::1` or `::`, without brackets.
    public let host: String
    /// 0 lets the system choose.
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// From text such as `127.0.0.1:8080` or `[::1]:8080`. Nil for anything else: names are not looked up.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        // A sign in front would be read, too.
        guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let port = UInt16(digits) else {
            return nil
        }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        self.init(host: String(host), port: port)
        guard isBracketed == host.contains(":"), isNumeric else { return nil }
    }

    /// Whether only this machine can connect to it.
    public var isLoopback: Bool { IPAddress(host)?.isLoopback ?? false }

    private var isNumeric: Bool {
        unsafe withSocketAddress { _, _ in } != nil
    }

    /// Calls the body with the address as the system wants it; nil where the host is not an address.
    func withSocketAddress<Result>(_ body: (UnsafeMutablePointer<sockaddr>, Int32) -> Result) -> Result? {
        var four = sockaddr_in()
        if unsafe inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            return unsafe withUnsafeMutableBytes(of: &four) { bytes in
                unsafe body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), Int32(bytes.count))
            }
        }
        var six = sockaddr_in6()
        guard unsafe inet_pton(AF_INET6, host, &six.sin6_addr) == 1 else { return nil }
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        return unsafe withUnsafeMutableBytes(of: &six) { bytes in
            unsafe body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), Int32(bytes.count))
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    /// As it is written: an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// What the system says about the two ends of a socket.
enum SocketAddress {
    /// The host in numbers, without a port: an IPv4 address that came through an IPv6 socket is told as what it is.
    static func host(of address: UnsafePointer<sockaddr>?) -> String {
        guard let address = unsafe address else { return unknown }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isWritten: Bool
        // The family says which of the two shapes the system has filled in.
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            var four = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_addr
            isWritten = unsafe inet_ntop(AF_INET, &four, &text, socklen_t(text.count)) != nil
        case AF_INET6:
            var six = unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self).sin6_addr
            isWritten = unsafe inet_ntop(AF_INET6, &six, &text, socklen_t(text.count)) != nil
        default:
            return unknown
        }
        guard isWritten else { return unknown }
        let host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let mapped = "::ffff:"
        guard host.hasPrefix(mapped), host.contains(".") else { return host }
        return String(host.dropFirst(mapped.count))
    }

    /// The port of this end of a socket; 0 where the system does not say.
    static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            unsafe getsockname(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        // Both families have the port at the same place.
        return code == 0 ? UInt16(bigEndian: address.sin6_port) : 0
    }

    private static let unknown = "unknown"
}
