import Foundation
import Glibc
import Testing

extension RunningMogate {
    /// Sends bytes as they are, which no client of HTTP would, and tells all that comes back.
    func raw(_ text: String) throws -> String {
        let descriptor = try begin(text)
        defer { close(descriptor) }
        shutdown(descriptor, Int32(SHUT_WR))
        return Self.rest(of: descriptor)
    }

    /// Sends the first bytes of a request; the caller closes the connection.
    func begin(_ text: String) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafeBytes(of: &address) {
            connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count)) == 0
        }
        try #require(isConnected)
        let bytes = Array(text.utf8)
        try #require(Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
        return descriptor
    }

    /// All that comes until the other side is done.
    static func rest(of descriptor: Int32) -> String {
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count <= 0 { break }
            answer += piece[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
