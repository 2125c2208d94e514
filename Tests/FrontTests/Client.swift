import Glibc
import Threads

/// A client of the plainest kind: a blocking socket that sends what it is told and shows what came.
///
/// It blocks a thread of its own, so that no test keeps another from going on.
actor Client {
    private nonisolated let thread = WorkThread(name: "client")
    private let descriptor: Int32
    private var isClosed = false
    /// What came and was not taken yet.
    private var buffer: [UInt8] = []

    /// A reply as it came.
    struct Response: Equatable {
        let head: String
        let body: String

        var status: String { String(head.split(separator: "\r\n").first ?? "") }

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                    return String(parts[1].drop { $0 == " " })
                }
            }
            return nil
        }
    }

    struct Failure: Error { let what: String }

    /// Connects over loopback.
    /// - Parameter receiveBytes: how much the system keeps of what is not read; nil leaves it to the system.
    init(port: UInt16, from: String? = nil, receiveBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket \(errno)") }
        // A test that waits for what never comes fails instead of hanging.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        if var receiveBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, socklen_t(MemoryLayout<Int32>.size))
        }
        if let from {
            guard Self.withAddress(from, 0, { bind(descriptor, $0, $1) }) == 0 else {
                throw Failure(what: "bind \(errno)")
            }
        }
        guard Self.withAddress("127.0.0.1", port, { connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            thread.stop()
            throw Failure(what: "connect \(code)")
        }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Closes the socket, and ends the thread once that is done.
    nonisolated func end() async {
        await close()
        thread.stop()
    }

    private func close() {
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send \(errno)") }
            sent += count
        }
    }

    /// Returns once the other side's system has all that was sent.
    func untilDelivered() throws {
        var unacknowledged: Int32 = 1
        while unacknowledged > 0 {
            try Task.checkCancellation()
            guard ioctl(descriptor, UInt(TIOCOUTQ), &unacknowledged) == 0 else { throw Failure(what: "ioctl \(errno)") }
        }
    }

    /// One reply with its body, as long as the reply says; what lies behind it stays.
    func response(hasBody: Bool = true) throws -> Response {
        let end = Array("\r\n\r\n".utf8)
        var headCount: Int?
        while headCount == nil {
            headCount = buffer.firstRange(of: end)?.upperBound
            if headCount == nil {
                guard try receive() else { throw Failure(what: "it ended with \(buffer.count) bytes") }
            }
        }
        let head = String(decoding: buffer[..<(headCount! - end.count)], as: UTF8.self)
        buffer.removeFirst(headCount!)
        let length = hasBody ? Int(Response(head: head, body: "").header("content-length") ?? "0")! : 0
        while buffer.count < length {
            guard try receive() else { throw Failure(what: "it ended within the body") }
        }
        let body = String(decoding: buffer[..<length], as: UTF8.self)
        buffer.removeFirst(length)
        return Response(head: head, body: body)
    }

    /// The first byte of what comes next.
    func first() throws -> UInt8 {
        while buffer.isEmpty {
            guard try receive() else { throw Failure(what: "it ended without a byte") }
        }
        return buffer.removeFirst()
    }

    /// Everything up to the orderly end of the connection.
    func rest() throws -> String {
        while try receive() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Everything up to the end of the connection, whichever way it ends.
    func countToAnyEnd() -> Int {
        while let goesOn = try? receive(), goesOn {}
        return buffer.count
    }

    /// Says that nothing more will be sent.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Goes away with a reset.
    func breakOff() {
        var abrupt = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// False at the orderly end.
    private func receive() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count >= 0 else { throw Failure(what: "recv \(errno)") }
        buffer += piece[..<count]
        return count > 0
    }

    private static func withAddress(
        _ host: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafeBytes(of: &address) {
            body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
    }
}
