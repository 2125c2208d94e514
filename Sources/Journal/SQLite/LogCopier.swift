import Threads

/// Copies the write-ahead log into the file while commits go on: through a connection and on a thread of its own.
///
/// The writer says when. Up to 3.51.2, SQLite can lose what was committed where a copying begins that finds all copied
/// already while a commit begins the log anew (sqlite.org/wal.html, "The WAL-Reset Bug"). It cannot come to that by this
/// one: only the writer begins one, when it has just put more into the log, and it copies nothing itself until that one is
/// over. So as long as a copying looks at the log, there is some of it left to copy, and the log cannot begin anew.
actor LogCopier {
    private struct State {
        var isCopying = false
        /// What the last one failed of, until someone hears of it.
        var failure: JournalError?
    }

    private let thread: WorkThread
    private let preference: ThreadPreference
    private let database: Database
    private let state = Lock(State())
    private let bell = Bell()

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    /// - Parameter database: one that no one else uses.
    init(_ database: sending Database) {
        self.database = database
        thread = WorkThread(name: "journal-copy")
        preference = thread.makePreference()
    }

    /// Whether a copying is under way.
    nonisolated var isCopying: Bool { state.withLock { $0.isCopying } }

    /// Begins a copying, and returns at once. There has to be none under way, and something to copy.
    nonisolated func begin() {
        state.withLock { $0.isCopying = true }
        Task(executorPreference: preference) { await self.copy() }
    }

    private func copy() {
        var failure: JournalError?
        do throws(JournalError) {
            try database.checkpoint(.passive)
        } catch {
            failure = error
        }
        state.withLock { $0 = State(failure: failure) }
        bell.ring()
    }

    /// Waits for the copying that is under way, if there is one.
    /// - Throws: what the last one failed of, once.
    nonisolated func finish() throws(JournalError) {
        let failure = state.withLock(wokenBy: bell, once: { !$0.isCopying }, then: { $0.failure.take() })
        if let failure { throw failure }
    }

    /// Waits for the copying that is under way, and ends the thread. Nothing may be asked of it any more.
    nonisolated func close() {
        try? finish()
        thread.stop()
    }
}
