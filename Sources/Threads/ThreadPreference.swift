/// A thread as a preference: a task that has it comes back to the thread from wherever it waited, without a stop in Swift's
/// own pool in between.
///
/// It keeps its thread, and is to be kept by whoever starts tasks with it.
public final class ThreadPreference: TaskExecutor {
    private let thread: any JobThread

    init(_ thread: any JobThread) {
        self.thread = thread
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        thread.enqueue(ThreadJob(job: UnownedJob(job), preference: self))
    }
}

/// A thread that runs jobs, one after the other.
protocol JobThread: SerialExecutor {
    func enqueue(_ job: ThreadJob)
}

/// What is to run on a thread, and by which preference it came.
///
/// One that came without must not be run as if it had any: Swift would have it stop wherever it awaits something, and let
/// others in between.
struct ThreadJob {
    let job: UnownedJob
    var preference: ThreadPreference?

    /// To be called on the thread that belongs to the executor.
    func run(on executor: UnownedSerialExecutor) {
        if let preference {
            let preferred = unsafe preference.asUnownedTaskExecutor()
            unsafe job.runSynchronously(isolatedTo: executor, taskExecutor: preferred)
        } else {
            unsafe job.runSynchronously(on: executor)
        }
    }
}
