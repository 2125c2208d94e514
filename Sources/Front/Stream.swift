import CEvent
import COpenSSL
import Glibc
import Model
import Threads
import Wire

/// A connection's bytes in both directions: the owner of libevent's buffers and, with them, of the socket.
///
/// It is made, used and let go on the loop's thread. With it goes the connection.
@safe final class Stream {
    private let handle: OpaquePointer
    /// What keeps the keys, where it speaks TLS; it is libevent's and goes with the handle.
    private let session: OpaquePointer?

    /// How far sending has come.
    enum Sending: Equatable {
        /// The system has taken all of it.
        case done
        /// A part waits until the receiver takes more.
        case underWay
        /// There is no one to send to.
        case broken
    }

    /// Takes over the socket. Nil where memory cannot be had; the socket is closed then.
    init?(owning descriptor: Int32, on loop: EventLoop, tls: TLSContext?) {
        let session = unsafe tls.flatMap { unsafe SSL_new($0.handle) }
        guard (tls == nil) == (unsafe session == nil),
            let handle = unsafe Self.makeBufferevent(descriptor, loop, session)
        else {
            close(descriptor)
            return nil
        }
        unsafe self.handle = handle
        unsafe self.session = session
        unsafe bufferevent_setwatermark(handle, Int16(EV_READ), 0, Limits.inputBytesMax)
    }

    deinit {
        unsafe bufferevent_free(handle)
    }

    /// The one place where it is decided what a connection speaks: TLS, or plain TCP.
    private static func makeBufferevent(
        _ descriptor: Int32, _ loop: EventLoop, _ session: OpaquePointer?
    ) -> OpaquePointer? {
        let options = Int32(BEV_OPT_CLOSE_ON_FREE.rawValue)
        guard let session = unsafe session else { return unsafe bufferevent_socket_new(loop.base, descriptor, options) }
        return unsafe bufferevent_openssl_socket_new(
            loop.base, descriptor, session, BUFFEREVENT_SSL_ACCEPTING, options)
    }

    /// Tells the connection what happens here, from now on until this object goes.
    func report(to connection: Connection) {
        // The connection owns this object, so it is there for as long as libevent calls.
        unsafe bufferevent_setcb(
            handle,
            { _, context in
                unsafe Connection.with(context) { $0.bytesArrived(on: $1) }
            },
            { _, context in
                unsafe Connection.with(context) { $0.outputDrained(on: $1) }
            },
            { _, what, context in
                if what & Int16(BEV_EVENT_CONNECTED) != 0 {
                    unsafe Connection.with(context) { $0.handshakeEnded(on: $1) }
                }
                guard what & Int16(BEV_EVENT_EOF | BEV_EVENT_ERROR) != 0 else { return }
                let isEnd = what & Int16(BEV_EVENT_EOF) != 0
                unsafe Connection.with(context) { $0.senderEnded(on: $1, inOrder: isEnd) }
            }, Unmanaged.passUnretained(connection).toOpaque())
        unsafe bufferevent_enable(handle, Int16(EV_READ))
    }

    /// The certificate that the other side showed, and that an authority of ours has signed. It is there once the handshake
    /// is over.
    var clientCertificate: ClientCertificate? {
        guard let session = unsafe session, let shown = unsafe SSL_get1_peer_certificate(session) else { return nil }
        let certificate = unsafe Certificate(owning: shown)
        return unsafe SSL_get_verify_result(session) == Int(X509_V_OK) ? certificate.identity : nil
    }

    // MARK: What came

    /// Whether bytes came that nobody has taken yet.
    var hasInput: Bool { unsafe evbuffer_get_length(bufferevent_get_input(handle)) > 0 }

    /// Whether bytes wait in the system that are not read yet.
    var hasUnreadBytes: Bool {
        var byte: UInt8 = 0
        return unsafe recv(bufferevent_getfd(handle), &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// Gives the reader what came, piece by piece where it lies, until the reader has something to say or nothing is left.
    /// - Parameters:
    ///   - count: raised by the number of bytes that the reader took.
    ///   - admission: what the reader asks once a request's head is whole.
    func read(
        with reader: inout HTTPRequestReader, count: inout Int64, admission: HTTPRequestReader.Admission
    ) throws(HTTPFault) -> HTTPRequestReader.Step {
        let input = unsafe bufferevent_get_input(handle)
        while true {
            var extent = unsafe iovec()
            guard unsafe evbuffer_peek(input, -1, nil, &extent, 1) > 0, unsafe extent.iov_len > 0 else {
                return .needsMore
            }
            // The span ends before anything is taken out of the buffer it lies in.
            let bytes = unsafe UnsafeRawBufferPointer(start: extent.iov_base, count: extent.iov_len)
            let (consumed, step) = try unsafe reader.read(bytes.bindMemory(to: UInt8.self).span, admission: admission)
            unsafe evbuffer_drain(input, consumed)
            count += Int64(consumed)
            if case .needsMore = step { continue }
            return step
        }
    }

    /// Throws away what came, and says how much it was.
    func discardInput() -> Int {
        let input = unsafe bufferevent_get_input(handle)
        let count = unsafe evbuffer_get_length(input)
        unsafe evbuffer_drain(input, count)
        return count
    }

    func stopReading() {
        unsafe bufferevent_disable(handle, Int16(EV_READ))
    }

    func startReading() {
        unsafe bufferevent_enable(handle, Int16(EV_READ))
    }

    // MARK: What goes

    /// Sends bytes: at once as far as the system takes them, which it nearly always does, and the rest when it can.
    func send(_ bytes: [UInt8]) -> Sending {
        let output = unsafe bufferevent_get_output(handle)
        var sent = 0
        if unsafe session == nil, unsafe evbuffer_get_length(output) == 0 {
            let descriptor = unsafe bufferevent_getfd(handle)
            sent = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if sent == bytes.count { return .done }
            if sent < 0 {
                guard errno == EAGAIN || errno == EINTR else { return .broken }
                sent = 0
            }
        }
        let code = unsafe bytes.withUnsafeBytes { bytes in
            unsafe bufferevent_write(handle, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
        }
        return code == 0 ? .underWay : .broken
    }

    /// Tells the other side that nothing more will come.
    func endSending() {
        if let session = unsafe session { unsafe SSL_shutdown(session) }
        unsafe shutdown(bufferevent_getfd(handle), Int32(SHUT_WR))
    }
}
