import CEvent
import Glibc
import Threads

/// A socket that takes connections, and hands each of them to the front door.
///
/// It is made, used and let go on the loop's thread.
@safe final class Listener {
    private let handle: OpaquePointer
    private let front: Front

    init(front: Front, address: ListenAddress, sharing: AddressSharing, loop: EventLoop) throws(FrontError) {
        // Where an address is shared, whatever else of the same user wants a share has one. So it is asked for alone before,
        // which is refused where anyone has it. For a moment it is nobody's then: who takes it for himself is found out as
        // it is opened, and only who shares it in that very moment is not. Port 0 is always one that nobody has.
        if sharing == .first, address.port != 0 {
            try unsafe evconnlistener_free(Self.open(address, isShared: false, for: front, on: loop))
        }
        try unsafe handle = Self.open(address, isShared: sharing != .alone, for: front, on: loop)
        self.front = front
        unsafe evconnlistener_set_error_cb(handle) { _, context in
            unsafe Listener.with(context) { $0.acceptFailed() }
        }
        var one: Int32 = 1
        // What is accepted inherits it. Without it a reply in two pieces waits for the other side's acknowledgement.
        unsafe setsockopt(
            evconnlistener_get_fd(handle), Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        unsafe evconnlistener_free(handle)
    }

    /// Listens at an address, with a socket that goes with the handle.
    /// - Parameter front: whom libevent calls, for as long as the handle lives and no longer.
    private static func open(
        _ address: ListenAddress, isShared: Bool, for front: Front, on loop: EventLoop
    ) throws(FrontError) -> OpaquePointer {
        let flags =
            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE | (isShared ? LEV_OPT_REUSEABLE_PORT : 0)
        let handle: OpaquePointer?? = unsafe address.withSocketAddress { socketAddress, length in
            unsafe evconnlistener_new_bind(
                loop.base,
                { _, descriptor, peer, _, context in
                    let host = unsafe SocketAddress.host(of: peer)
                    unsafe Listener.with(context) { $0.accepted(descriptor, from: host) }
                }, Unmanaged.passUnretained(front).toOpaque(), UInt32(flags), Limits.backlogMax, socketAddress, length)
        }
        guard let handle = unsafe handle else { throw .notAnAddress(address.host) }
        guard let handle = unsafe handle else { throw .cannotListen(address, code: errno) }
        return unsafe handle
    }

    /// The port that it really listens on.
    var port: UInt16 { unsafe SocketAddress.port(of: evconnlistener_get_fd(handle)) }

    func pause() {
        unsafe evconnlistener_disable(handle)
    }

    func goOn() {
        unsafe evconnlistener_enable(handle)
    }

    /// Takes what the system has accepted already and nobody has asked for: it would be reset when this socket is closed.
    func takeWaiting(_ body: (_ descriptor: Int32, _ host: String) -> Void) {
        for _ in 0..<Limits.backlogMax {
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let descriptor = unsafe withUnsafeMutableBytes(of: &address) { bytes in
                unsafe accept(
                    evconnlistener_get_fd(handle), bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
            }
            guard descriptor >= 0 else { return }
            evutil_make_socket_nonblocking(descriptor)
            evutil_make_socket_closeonexec(descriptor)
            let host = unsafe withUnsafeBytes(of: &address) { bytes in
                unsafe SocketAddress.host(of: bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self))
            }
            body(descriptor, host)
        }
    }

    /// From libevent's callback, which comes on the loop's thread, to the front door.
    private static func with(_ context: UnsafeMutableRawPointer?, _ body: (isolated Front) -> Void) {
        guard let context = unsafe context else { return }
        let front = unsafe Unmanaged<Front>.fromOpaque(context).takeUnretainedValue()
        // It is on the loop's thread already, where the front door is isolated: nothing is sent.
        nonisolated(unsafe) let body = body
        front.assumeIsolated { unsafe body($0) }
    }
}
