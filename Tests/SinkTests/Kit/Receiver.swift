import Foundation
import Glibc
import Threads

/// A receiver of events on the loopback address: it notes each request and answers as it is told, well or badly.
///
/// Each connection has a thread that blocks, so that what it does to its peer is what a real one might.
final class Receiver: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        let startLine: String
        let headers: [(name: String, value: String)]
        let body: [UInt8]
        /// In how many pieces it came.
        let pieces: Int

        subscript(name: String) -> String? {
            headers.first { $0.name.lowercased() == name }?.value
        }

        func count(of name: String) -> Int {
            headers.count { $0.name.lowercased() == name }
        }
    }

    /// What is done with a request.
    enum Answer: Sendable {
        /// These bytes; then the next request is waited for.
        case bytes(String)
        /// These bytes, then the end of the connection.
        case last(String)
        /// These bytes, then a reset.
        case reset(String)
        /// These bytes, then nothing, until the peer goes.
        case hang(String)
        /// These bytes, then one more again and again, after a short while each, until the peer goes.
        case drip(String)
        /// These bytes, then more without end, until the peer goes.
        case flood(String)

        static func status(_ status: String, _ headers: String = "") -> Answer {
            .bytes("HTTP/1.1 \(status)\r\n\(headers)Content-Length: 0\r\n\r\n")
        }
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        /// Connections open now.
        var open: Set<Int32> = []
        var waiting: [(isThere: @Sendable (State) -> Bool, done: CheckedContinuation<Void, Never>)] = []
    }

    let port: UInt16
    private let listener: Int32
    private let state = Lock(State())
    private let answer: @Sendable (_ number: Int, Request) -> Answer
    /// What it says to the first bytes of a request, of which it reads no more; nil where it waits for the whole.
    private let answerAtOnce: String?

    /// - Parameter answer: to which request, counted from 0, it answers what.
    init(
        answeringAtOnce answerAtOnce: String? = nil,
        _ answer: @escaping @Sendable (_ number: Int, Request) -> Answer = { _, _ in .last("") }
    ) throws {
        self.answer = answer
        self.answerAtOnce = answerAtOnce
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(listener, pointer, length) == 0 && listen(listener, 128) == 0
                && getsockname(listener, pointer, &length) == 0
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in accept() }
    }

    convenience init(_ answers: [Answer]) throws {
        try self.init { number, _ in answers[min(number, answers.count - 1)] }
    }

    var url: String { "http://127.0.0.1:\(port)/in" }

    var requests: [Request] { state.withLock { $0.requests } }

    /// How many connections were made to it.
    var connections: Int { state.withLock { $0.connections } }

    /// Returns when the first request has come, also if that is long ago.
    func firstRequest() async {
        await wait { !$0.requests.isEmpty }
    }

    /// Returns when the first connection was accepted, also if that is long ago.
    func firstConnection() async {
        await wait { $0.connections > 0 }
    }

    /// Returns when there was a connection and none is left.
    func lastEnd() async {
        await wait { $0.connections > 0 && $0.open.isEmpty }
    }

    private func wait(until isThere: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { done in
            state.withLock { $0.waiting.append((isThere, done)) }
            wake()
        }
    }

    /// To be called whenever something has come.
    private func wake() {
        let ready = state.withLock { state in
            let waiting = state.waiting
            state.waiting = waiting.filter { !$0.isThere(state) }
            return waiting.filter { $0.isThere(state) }
        }
        for waiter in ready { waiter.done.resume() }
    }

    /// Ends it and its connections.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { state in
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { break }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            state.withLock { state in
                state.connections += 1
                state.open.insert(connection)
            }
            wake()
            Thread.detachNewThread { [self] in
                serve(connection)
                state.withLock { state in
                    state.open.remove(connection)
                    close(connection)
                }
                wake()
            }
        }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        if let answerAtOnce { return refuse(connection, answerAtOnce) }
        var pending: [UInt8] = []
        while let request = read(from: connection, &pending) {
            let number = state.withLock { state in
                state.requests.append(request)
                return state.requests.count - 1
            }
            wake()
            guard send(answer(number, request), on: connection) else { return }
        }
    }

    private func refuse(_ connection: Int32, _ answer: String) {
        var byte: UInt8 = 0
        guard recv(connection, &byte, 1, 0) > 0, write(answer, to: connection) else { return }
        // What Glibc's module leaves out: POLLRDHUP, the end of the peer's side.
        var peer = pollfd(fd: connection, events: 0x2000, revents: 0)
        poll(&peer, 1, -1)
    }

    /// Tells whether another request may come.
    private func send(_ answer: Answer, on connection: Int32) -> Bool {
        switch answer {
        case .bytes(let text):
            return write(text, to: connection)
        case .last(let text):
            _ = write(text, to: connection)
            shutdown(connection, Int32(SHUT_RDWR))
        case .reset(let text):
            _ = write(text, to: connection)
            var immediately = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                connection, SOL_SOCKET, SO_LINGER, &immediately, socklen_t(MemoryLayout<linger>.size))
        case .hang(let text):
            _ = write(text, to: connection)
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        case .drip(let text):
            var isOpen = write(text, to: connection)
            while isOpen {
                usleep(20_000)
                isOpen = write("a", to: connection)
            }
        case .flood(let text):
            var isOpen = write(text, to: connection)
            let more = String(repeating: "a", count: 65_536)
            while isOpen { isOpen = write(more, to: connection) }
        }
        return false
    }

    private func write(_ text: String, to connection: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func read(from connection: Int32, _ pending: inout [UInt8]) -> Request? {
        var headEnd: Int?
        var bodyBytes = 0
        var pieces = pending.isEmpty ? 0 : 1
        while true {
            if headEnd == nil, let end = pending.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
                headEnd = end
                bodyBytes =
                    Self.fields(pending[..<end]).first { $0.name.lowercased() == "content-length" }
                    .flatMap { Int($0.value) } ?? 0
            }
            if let end = headEnd, pending.count >= end + bodyBytes {
                let head = String(decoding: pending[..<end], as: UTF8.self)
                let request = Request(
                    startLine: String(head.prefix { $0 != "\r\n" }), headers: Self.fields(pending[..<end]),
                    body: Array(pending[end..<(end + bodyBytes)]), pieces: pieces)
                pending.removeFirst(end + bodyBytes)
                return request
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            pending.append(contentsOf: buffer.prefix(count))
            pieces += 1
        }
    }

    private static func fields(_ head: ArraySlice<UInt8>) -> [(name: String, value: String)] {
        String(decoding: head, as: UTF8.self).split(separator: "\r\n").dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
    }
}
