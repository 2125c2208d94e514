/// A thread of its own for actors that block, such as on a disk: what they do runs here, one job after the other.
///
/// It lives until ``stop()`` is called.
@safe public final class WorkThread: JobThread {
    private struct Inbox {
        var jobs: [ThreadJob] = []
        /// Whether the thread sleeps, so that ringing costs something only when it does good.
        var isWaiting = false
        var isStopping = false
    }

    private let inbox = Lock(Inbox())
    private let bell = Bell()
    // Written once in `init` under the lock, which the thread takes before it does anything; all others see it later.
    nonisolated(unsafe) private var thread: NativeThread?

    public init(name: String) {
        inbox.withLock { _ in
            unsafe thread = NativeThread(name: name) { self.run() }
        }
    }

    /// A new preference for this thread.
    public func makePreference() -> ThreadPreference {
        ThreadPreference(self)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(ThreadJob(job: UnownedJob(job)))
    }

    func enqueue(_ job: ThreadJob) {
        let wasWaiting = inbox.withLock { inbox in
            inbox.jobs.append(job)
            let wasWaiting = inbox.isWaiting
            inbox.isWaiting = false
            return wasWaiting
        }
        if wasWaiting { bell.ring() }
    }

    public func checkIsolated() {
        precondition(isCurrent, "this is not the thread of the actor")
    }

    public func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    /// Whether the caller runs on this thread.
    public var isCurrent: Bool { unsafe thread?.isCurrent ?? false }

    /// Runs what is queued and what that queues, then ends the thread, and returns once it has ended.
    ///
    /// What is asked of its actors afterwards is never done. A second call returns at once.
    public func stop() {
        precondition(!isCurrent, "a thread cannot wait for its own end")
        let isFirst = inbox.withLock { inbox in
            let isFirst = !inbox.isStopping
            inbox.isStopping = true
            inbox.isWaiting = false
            return isFirst
        }
        guard isFirst else { return }
        bell.ring()
        unsafe thread?.join()
    }

    private func run() {
        let executor = unsafe asUnownedSerialExecutor()
        var jobs: [ThreadJob] = []
        while true {
            inbox.withLock(
                wokenBy: bell,
                once: { inbox in
                    let isReady = !inbox.jobs.isEmpty || inbox.isStopping
                    inbox.isWaiting = !isReady
                    return isReady
                },
                then: { inbox in
                    swap(&inbox.jobs, &jobs)
                })
            // The bell rang for nothing but the end.
            if jobs.isEmpty { return }
            for job in jobs { unsafe job.run(on: executor) }
            jobs.removeAll(keepingCapacity: true)
        }
    }
}
