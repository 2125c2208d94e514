import CEvent
import COpenSSL
import Glibc
import Model
import Threads
import Wire

/// A connection's bytes in both directions, and with them the socket, which goes with this object.
///
/// What comes is read from the socket into a room that all connections of a loop share. With TLS libevent reads, and decrypts
/// into buffers of its own. What is sent waits in libevent's buffers where the system does not take it at once.
///
/// It is made, used and let go on the loop's thread.
@safe final class Stream {
    private let loop: EventLoop
    private let room: InputRoom
    private let handle: OpaquePointer
    /// What keeps the keys, where it speaks TLS; it is libevent's and goes with the handle.
    private let session: OpaquePointer?
    /// Who is told of what happens here. It owns this object.
    private unowned var connection: Connection?
    /// Tells when there is something to read; nil while nothing is to be read, and with TLS.
    private var arrivals: Watch?
    /// What just came and nobody has taken yet. It lies in the room, only for as long as the connection is told of it.
    private var fresh = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

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
    init?(owning descriptor: Int32, on loop: EventLoop, reading room: InputRoom, tls: TLSContext?) {
        let session = unsafe tls.flatMap { unsafe SSL_new($0.handle) }
        guard (tls == nil) == (unsafe session == nil),
            let handle = unsafe Self.makeBufferevent(descriptor, loop, session)
        else {
            close(descriptor)
            return nil
        }
        self.loop = loop
        self.room = room
        unsafe self.handle = handle
        unsafe self.session = session
        unsafe bufferevent_setwatermark(handle, Int16(EV_READ), 0, Limits.inputBytesMax)
    }

    deinit {
        arrivals?.cancel()
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
        self.connection = connection
        // The connection owns this object, so it is there for as long as libevent calls.
        unsafe bufferevent_setcb(
            handle,
            { _, context in unsafe Stream.connection(context)?.bytesArrived() },
            { _, context in unsafe Stream.connection(context)?.outputDrained() },
            { _, what, context in
                if what & Int16(BEV_EVENT_CONNECTED) != 0 { unsafe Stream.connection(context)?.handshakeEnded() }
                guard what & Int16(BEV_EVENT_EOF | BEV_EVENT_ERROR) != 0 else { return }
                unsafe Stream.connection(context)?.senderEnded(inOrder: what & Int16(BEV_EVENT_EOF) != 0)
            }, Unmanaged.passUnretained(connection).toOpaque())
        startReading()
    }

    private static func connection(_ context: UnsafeMutableRawPointer?) -> Connection? {
        unsafe context.map { unsafe Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The certificate that the other side showed, and that an authority of ours has signed. It is there once the handshake
    /// is over.
    var clientCertificate: ClientCertificate? {
        guard let session = unsafe session, let shown = unsafe SSL_get1_peer_certificate(session) else { return nil }
        let certificate = unsafe Certificate(owning: shown)
        return unsafe SSL_get_verify_result(session) == Int(X509_V_OK) ? certificate.identity : nil
    }

    // MARK: What came

    /// Reads what the system has, once; where there is more, it is told of again.
    private func takeIn() {
        // It may be dropped meanwhile, and this object with it.
        guard let connection else { return }
        let count = unsafe recv(
            bufferevent_getfd(handle), room.bytes.baseAddress, room.bytes.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            unsafe fresh = UnsafeRawBufferPointer(rebasing: room.bytes[..<count])
            connection.bytesArrived()
            // What is not taken by now came behind a request, and nobody will ask for it.
            unsafe fresh = UnsafeRawBufferPointer(start: nil, count: 0)
        } else if count == 0 || errno != EAGAIN && errno != EINTR {
            let isEnd = count == 0
            stopReading()
            connection.senderEnded(inOrder: isEnd)
        }
    }

    /// Whether bytes came that nobody has taken yet.
    var hasInput: Bool { unsafe next() != nil }

    /// The next piece of what came.
    private func next() -> UnsafeRawBufferPointer? {
        guard unsafe session != nil else { return unsafe fresh.isEmpty ? nil : fresh }
        var extent = unsafe iovec()
        guard unsafe evbuffer_peek(bufferevent_get_input(handle), -1, nil, &extent, 1) > 0, unsafe extent.iov_len > 0
        else { return nil }
        return unsafe UnsafeRawBufferPointer(start: extent.iov_base, count: extent.iov_len)
    }

    /// Forgets so many bytes of what came.
    private func drop(_ count: Int) {
        if unsafe session == nil {
            unsafe fresh = UnsafeRawBufferPointer(rebasing: fresh[count...])
        } else {
            unsafe evbuffer_drain(bufferevent_get_input(handle), count)
        }
    }

    /// Whether bytes wait in the system that are not read yet.
    var hasUnreadBytes: Bool { unsafe Socket.hasUnreadBytes(bufferevent_getfd(handle)) }

    /// Gives the reader what came, piece by piece where it lies, until the reader has something to say or nothing is left.
    /// - Parameters:
    ///   - count: raised by the number of bytes that the reader took.
    ///   - admission: what the reader asks once a request's head is whole.
    func read(
        with reader: inout HTTPRequestReader, count: inout Int64, admission: HTTPRequestReader.Admission
    ) throws(HTTPFault) -> HTTPRequestReader.Step {
        while let bytes = unsafe next() {
            // The span ends before anything is taken out of the memory it lies in.
            let (consumed, step) = try unsafe reader.read(bytes.bindMemory(to: UInt8.self).span, admission: admission)
            drop(consumed)
            count += Int64(consumed)
            if case .needsMore = step { continue }
            return step
        }
        return .needsMore
    }

    /// Throws away what came, and says how much it was.
    func discardInput() -> Int {
        var count = 0
        while let bytes = unsafe next() {
            count += bytes.count
            drop(bytes.count)
        }
        return count
    }

    func stopReading() {
        arrivals?.cancel()
        arrivals = nil
        unsafe bufferevent_disable(handle, Int16(EV_READ))
    }

    func startReading() {
        if unsafe session == nil {
            arrivals = unsafe loop.watch(bufferevent_getfd(handle), for: .reading) { [unowned self] _ in takeIn() }
        } else {
            unsafe bufferevent_enable(handle, Int16(EV_READ))
        }
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

/// Where what was just read lies until its connection has taken it: one room is enough for all that are read in turns.
@safe final class InputRoom {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.inputBytesMax, alignment: 16)

    deinit {
        unsafe bytes.deallocate()
    }
}
