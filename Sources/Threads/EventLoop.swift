import CEvent
import Glibc

/// A thread that waits for sockets and timers with libevent, and runs actors between their events.
///
/// Only the bell is touched from other threads, so libevent needs no locks of its own. It lives until ``stop()`` is called.
@safe public final class EventLoop: JobThread {
    private struct Inbox {
        var jobs: [ThreadJob] = []
        /// Whether the loop may be asleep, so that one ring wakes it and the next ones cost nothing.
        var wantsBell = false
        var isStopping = false
        var hasEnded = false
    }

    /// A new preference for this loop.
    public func makePreference() -> ThreadPreference {
        ThreadPreference(self)
    }

    private let inbox = Lock(Inbox())
    private let bell: Int32
    // libevent's own; used on the loop's thread only, and freed when the thread has ended and no one holds this object.
    nonisolated(unsafe) private let handle: OpaquePointer
    nonisolated(unsafe) private let bellEvent: OpaquePointer
    // Written once in `init` under the lock, which the thread takes before it does anything; all others see it later.
    nonisolated(unsafe) private var thread: NativeThread?

    public init(name: String) throws(ThreadError) {
        EventLibrary.prepare()
        guard let configuration = unsafe event_config_new() else {
            throw .unavailable("event_config_new", code: ENOMEM)
        }
        defer { unsafe event_config_free(configuration) }
        unsafe event_config_set_flag(configuration, Int32(EVENT_BASE_FLAG_NOLOCK.rawValue))
        let bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard bell >= 0 else { throw .unavailable("eventfd", code: errno) }
        guard let base = unsafe event_base_new_with_config(configuration) else {
            close(bell)
            throw .unavailable("event_base_new_with_config", code: errno)
        }
        // Edge-triggered, so that each ring is one event and nobody has to read the number of rings: the loop looks into
        // the inbox after every pass anyway.
        let flags = Int16(EV_READ | EV_PERSIST) | Int16(truncatingIfNeeded: EV_ET)
        guard let event = unsafe event_new(base, bell, flags, { _, _, _ in }, nil), unsafe event_add(event, nil) == 0
        else {
            unsafe event_base_free(base)
            close(bell)
            throw .unavailable("event_new", code: ENOMEM)
        }
        self.bell = bell
        unsafe handle = base
        unsafe bellEvent = event
        inbox.withLock { _ in
            unsafe thread = NativeThread(name: name) { self.run() }
        }
    }

    deinit {
        unsafe event_free(bellEvent)
        unsafe event_base_free(handle)
        close(bell)
    }

    /// What libevent's functions ask for. It may be used on the loop's thread only.
    package var base: OpaquePointer {
        precondition(isCurrent, "libevent was called on another thread than its loop's")
        return unsafe handle
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(ThreadJob(job: UnownedJob(job)))
    }

    func enqueue(_ job: ThreadJob) {
        let wantsBell = inbox.withLock { inbox in
            inbox.jobs.append(job)
            guard inbox.wantsBell, !isCurrent else { return false }
            inbox.wantsBell = false
            return true
        }
        if wantsBell { ring() }
    }

    public func checkIsolated() {
        precondition(isCurrent, "this is not the thread of the loop")
    }

    public func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    /// Whether the caller runs on the loop's thread.
    public var isCurrent: Bool { unsafe thread?.isCurrent ?? false }

    /// Whether the loop's thread has ended, so that what belongs to it may be freed by anyone.
    var hasEnded: Bool { inbox.withLock { $0.hasEnded } }

    /// Runs what is queued and what that queues, then ends the thread, and returns once it has ended.
    ///
    /// What is asked of its actors afterwards is never done. A second call returns at once.
    public func stop() {
        precondition(!isCurrent, "a loop cannot wait for its own end")
        let isFirst = inbox.withLock { inbox in
            let isFirst = !inbox.isStopping
            inbox.isStopping = true
            return isFirst
        }
        guard isFirst else { return }
        ring()
        unsafe thread?.join()
        inbox.withLock { $0.hasEnded = true }
    }

    /// Wakes the loop, wherever it is.
    private func ring() {
        var one: UInt64 = 1
        // It fails only when 2^64 rings were not heard.
        _ = unsafe write(bell, &one, MemoryLayout<UInt64>.size)
    }

    /// One pass is: libevent's callbacks, then the jobs that were there when they were done.
    private func run() {
        let executor = unsafe asUnownedSerialExecutor()
        var jobs: [ThreadJob] = []
        while let pass = nextPass() {
            let code = unsafe event_base_loop(handle, pass)
            precondition(code >= 0, "libevent cannot wait for events, error \(errno)")
            inbox.withLock { inbox in
                swap(&inbox.jobs, &jobs)
                inbox.wantsBell = false
            }
            for job in jobs { unsafe job.run(on: executor) }
            jobs.removeAll(keepingCapacity: true)
        }
    }

    /// How libevent is to look for events: it may sleep only while the inbox is empty. Nil at the end.
    private func nextPass() -> Int32? {
        inbox.withLock { inbox in
            guard inbox.jobs.isEmpty else { return EVLOOP_ONCE | EVLOOP_NONBLOCK }
            inbox.wantsBell = true
            return inbox.isStopping ? nil : EVLOOP_ONCE
        }
    }
}
