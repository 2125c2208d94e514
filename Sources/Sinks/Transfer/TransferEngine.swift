import CCurl
internal import Threads

/// libcurl's multi handle, driven by a loop: it says which sockets and what time it waits for, and is told when they are
/// ready and when it is over.
///
/// It belongs to the loop's thread, with everything in it.
@safe final class TransferEngine {
    private let multi: UnsafeMutableRawPointer
    private let target: Transfer.Target
    private var timer: LoopTimer?
    private let sockets: SocketWatches
    /// Exchanges under way, by their handles.
    private var busy: [UnsafeMutableRawPointer: Exchange] = unsafe [:]
    /// Exchanges that are over, whose handles are used again. There are never more than were under way at once.
    private var idle: [Exchange] = []

    init(loop: EventLoop, target: Transfer.Target) {
        guard let multi = unsafe curl_multi_init() else { fatalError("memory for libcurl could not be had") }
        unsafe self.multi = multi
        self.target = target
        sockets = SocketWatches(on: loop)
        // The multi handle is cleaned up in `close`, before this object goes, so the reference needs not be counted.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe shim_multi_on_socket(
            multi,
            { _, socket, action, context, _ in
                guard let context = unsafe context else { return 0 }
                let engine = unsafe Unmanaged<TransferEngine>.fromOpaque(context).takeUnretainedValue()
                engine.sockets.wait(for: Readiness(action: action), at: socket)
                return 0
            }, context)
        unsafe shim_multi_on_timer(
            multi,
            { _, waitMs, context in
                guard let context = unsafe context else { return 0 }
                let engine = unsafe Unmanaged<TransferEngine>.fromOpaque(context).takeUnretainedValue()
                engine.setTimer(Int64(waitMs))
                return 0
            }, context)
        unsafe shim_multi_set_long(multi, CURLMOPT_MAXCONNECTS, target.connectionsMax)
        timer = loop.timer { [unowned self] in act(on: CURL_SOCKET_TIMEOUT, events: 0) }
        sockets.whenReady { [unowned self] in act(on: $0, events: $1.events) }
    }

    deinit {
        precondition(timer == nil, "an engine was let go without being closed")
    }

    func start(_ request: Transfer.Request, done: CheckedContinuation<Transfer.Answer, Never>) {
        let exchange = idle.popLast() ?? Exchange(with: target, using: sockets)
        guard exchange.prepare(request, done: done) else {
            exchange.finish(.failed("memory could not be had"))
            return
        }
        unsafe busy[exchange.handle] = exchange
        let code = unsafe curl_multi_add_handle(multi, exchange.handle)
        precondition(code == CURLM_OK, "a handle was added twice, or memory could not be had")
    }

    /// Gives up what is under way and closes all connections.
    func close() {
        let exchanges = unsafe Array(busy.values)
        for exchange in exchanges {
            unsafe curl_multi_remove_handle(multi, exchange.handle)
            exchange.finish(.failed("the sink was closed"))
        }
        unsafe busy.removeAll()
        idle.removeAll()
        unsafe curl_multi_cleanup(multi)
        sockets.forgetAll()
        timer = nil
    }

    // MARK: What libcurl asks for

    /// Negative means none. It may not call libcurl back at once, so even no wait at all is a turn of the loop.
    private func setTimer(_ waitMs: Int64) {
        if waitMs < 0 { timer?.disarm() } else { timer?.arm(afterMs: waitMs) }
    }

    // MARK: What libcurl is told

    private func act(on socket: curl_socket_t, events: Int32) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(multi, socket, events, &running)
        var waiting: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &waiting) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let handle = unsafe message.pointee.easy_handle else {
                continue
            }
            // The message does not outlive the removal of its handle.
            let code = unsafe message.pointee.data.result
            unsafe curl_multi_remove_handle(multi, handle)
            guard let exchange = unsafe busy.removeValue(forKey: handle) else { continue }
            exchange.finish(exchange.answer(code))
            idle.append(exchange)
        }
    }
}

extension Readiness {
    /// What libcurl waits for.
    fileprivate init(action: Int32) {
        self = []
        guard action != CURL_POLL_REMOVE else { return }
        if action & CURL_POLL_IN != 0 { insert(.reading) }
        if action & CURL_POLL_OUT != 0 { insert(.writing) }
    }

    /// As libcurl is told of it.
    fileprivate var events: Int32 {
        (contains(.reading) ? CURL_CSELECT_IN : 0) | (contains(.writing) ? CURL_CSELECT_OUT : 0)
    }
}
