import Foundation
import Testing

/// A port that takes connections and says no word until it is asked to.
final class HangingServer: Sendable {
    let port: Int
    private let descriptor: Int32
    /// `POLLRDHUP`, which Glibc's module does not have.
    private static let hungUp: Int16 = 0x2000

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

    /// Takes the first request for done, where whoever sent it does not hang up within so many milliseconds.
    func answer(afterMs: Int32) throws {
        let caller = accept(descriptor, nil, nil)
        try #require(caller >= 0)
        defer { close(caller) }
        var line = pollfd(fd: caller, events: Self.hungUp, revents: 0)
        try #require(poll(&line, 1, afterMs) == 0, "hung up")
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        try #require(send(caller, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count)
        // Closed with a request unread, the connection would be reset, and the answer lost with it.
        shutdown(caller, Int32(SHUT_WR))
        var piece = [UInt8](repeating: 0, count: 65_536)
        while recv(caller, &piece, piece.count, 0) > 0 {}
    }

    deinit {
        close(descriptor)
    }
}
