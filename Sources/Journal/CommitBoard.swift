import Threads

/// Tells the number of the newest event to all who wait for it.
final class CommitBoard: Sendable {
    private struct State {
        var newest: Int64
        var readers: [Int: AsyncStream<Int64>.Continuation] = [:]
        var nextReader = 0
        var isClosed = false
    }

    private let state: Lock<State>

    init(newest: Int64) {
        state = Lock(State(newest: newest))
    }

    var newest: Int64 { state.withLock { $0.newest } }

    /// Whether anybody follows.
    var hasReaders: Bool { state.withLock { !$0.readers.isEmpty } }

    /// A stream that begins with the newest number there is now.
    func stream() -> AsyncStream<Int64> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
        let reader = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            defer { state.nextReader += 1 }
            state.readers[state.nextReader] = continuation
            // Under the lock, so that a newer number cannot be overtaken by this one.
            continuation.yield(state.newest)
            return state.nextReader
        }
        guard let reader else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { _ in self.remove(reader) }
        return stream
    }

    func post(_ newest: Int64) {
        state.withLock { state in
            state.newest = newest
            for reader in state.readers.values { reader.yield(newest) }
        }
    }

    func close() {
        let readers = state.withLock { state in
            state.isClosed = true
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        // Not under the lock, since each one's end takes it.
        for reader in readers { reader.finish() }
    }

    private func remove(_ reader: Int) {
        state.withLock { _ = $0.readers.removeValue(forKey: reader) }
    }
}
