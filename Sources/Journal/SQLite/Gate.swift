import Threads

/// Lets calls through until it is closed, and closes once the last of them has come back.
///
/// A thread that was stopped never does what is asked of it afterwards: nobody may be on the way there then.
final class Gate: Sendable {
    private struct State {
        var inside = 0
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    /// Every call that this lets through is followed by one to ``leave()``.
    func enter() throws(JournalError) {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.inside += 1 }
            return !state.isClosed
        }
        guard isOpen else { throw .closed }
    }

    func leave() {
        let closers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.inside -= 1
            guard state.inside == 0 else { return [] }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    /// Lets nobody through any more, and returns once everybody has left: true for the first who closes it.
    func close() async -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { done in
            let isEmpty = state.withLock { state in
                if state.inside > 0 { state.closers.append(done) }
                return state.inside == 0
            }
            if isEmpty { done.resume() }
        }
        return isFirst
    }
}
