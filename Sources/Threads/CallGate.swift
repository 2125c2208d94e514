/// Lets calls through until it is shut, and tells when the last of them has come back.
///
/// A thread that was stopped never does what is asked of it afterwards: nobody may be on the way there then.
package final class CallGate: Sendable {
    private struct State {
        var inside = 0
        var isShut = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    package init() {}

    /// Whether the call may go through; then it is followed by one to ``leave()``.
    package func enter() -> Bool {
        state.withLock { state in
            if !state.isShut { state.inside += 1 }
            return !state.isShut
        }
    }

    package func leave() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.inside -= 1
            guard state.inside == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets nobody through any more: true for the first who shuts it.
    @discardableResult
    package func shut() -> Bool {
        state.withLock { state in
            defer { state.isShut = true }
            return !state.isShut
        }
    }

    /// Returns once everybody has left.
    package func empty() async {
        await withCheckedContinuation { done in
            let isEmpty = state.withLock { state in
                if state.inside > 0 { state.waiters.append(done) }
                return state.inside == 0
            }
            if isEmpty { done.resume() }
        }
    }
}
