import CCurl
import Glibc
internal import Threads

/// The sockets that libcurl works with, and what it waits for at each.
///
/// libcurl waits no more at a connection's socket when a request is over, and waits there again when the next one is sent.
/// The socket stays watched meanwhile, until the connection is closed: the system needs not be told twice a request.
///
/// It belongs to the loop's thread.
@safe final class SocketWatches {
    private let loop: EventLoop
    private var ready: (curl_socket_t, Readiness) -> Void = { _, _ in }
    private var interests: [curl_socket_t: Interest] = [:]
    /// The sockets of connections: of the end of these it is told.
    private var connections: Set<curl_socket_t> = []

    /// What is waited for at a socket, or was waited for last.
    private struct Interest {
        let watch: Watch
        let readiness: Readiness
        var isWaitedFor = true
    }

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Calls this from now on, on the loop's thread, when something happens that is waited for.
    func whenReady(_ ready: @escaping (curl_socket_t, Readiness) -> Void) {
        self.ready = ready
    }

    /// A connection has begun with this socket.
    func opened(_ socket: curl_socket_t) {
        connections.insert(socket)
    }

    /// A connection is over: its socket is watched no more, and closed.
    func close(_ socket: curl_socket_t) {
        forget(socket)
        connections.remove(socket)
        Glibc.close(socket)
    }

    /// - Parameter readiness: what is waited for; nothing where a socket is waited for no more.
    func wait(for readiness: Readiness, at socket: curl_socket_t) {
        guard !readiness.isEmpty else {
            if connections.contains(socket) { interests[socket]?.isWaitedFor = false } else { forget(socket) }
            return
        }
        guard interests[socket]?.readiness != readiness else {
            interests[socket]?.isWaitedFor = true
            return
        }
        forget(socket)
        let watch = loop.watch(socket, for: readiness) { [unowned self] in happened($0, at: socket) }
        interests[socket] = Interest(watch: watch, readiness: readiness)
    }

    func forgetAll() {
        interests.removeAll()
    }

    private func happened(_ readiness: Readiness, at socket: curl_socket_t) {
        // Where nobody waits, the other side has ended the connection: libcurl finds out when it takes it up again.
        guard interests[socket]?.isWaitedFor ?? false else { return forget(socket) }
        ready(socket, readiness)
    }

    private func forget(_ socket: curl_socket_t) {
        interests.removeValue(forKey: socket)?.watch.cancel()
    }
}
