import Foundation
import Testing

/// A port that takes connections and never says a word.
final class HangingServer: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutableBytes(of: &address) { bytes in
            let start = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            guard bind(descriptor, start, length) == 0, listen(descriptor, 16) == 0 else { return Int32(-1) }
            return getsockname(descriptor, start, &length)
        }
        try #require(code == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Whether somebody has connected.
    var hasCaller: Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    deinit {
        close(descriptor)
    }
}
