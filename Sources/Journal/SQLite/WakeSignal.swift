import Threads

/// What calls the writer to its work: it waits here while there is none.
///
/// A continuation that is kept, rather than a task for each flush: it is resumed straight on the writer's own thread.
final class WakeSignal: Sendable {
    private struct State {
        var waiter: CheckedContinuation<Bool, Never>?
        /// Whether it was called while nobody waited.
        var isCalled = false
        var isOver = false
    }

    private let state = Lock(State())

    /// Called from any thread; a call while the writer is at work is heard when it comes back.
    func call() {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            defer { state.waiter = nil }
            state.isCalled = state.waiter == nil
            return state.waiter
        }
        waiter?.resume(returning: true)
    }

    /// Nobody will call any more.
    func end() {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            defer { state.waiter = nil }
            state.isOver = true
            return state.waiter
        }
        waiter?.resume(returning: false)
    }

    /// Returns when it is called, on the thread of whoever waits; false at the end.
    nonisolated(nonsending) func wait() async -> Bool {
        await withCheckedContinuation { waiter in
            let answer = state.withLock { state -> Bool? in
                if state.isCalled || state.isOver {
                    defer { state.isCalled = false }
                    return state.isCalled
                }
                state.waiter = waiter
                return nil
            }
            if let answer { waiter.resume(returning: answer) }
        }
    }
}
