public import Model
import Threads

/// The journal in one SQLite file.
///
/// The actor is the one writer, on a thread of its own; reading goes through a second connection on another thread, so
/// that it never delays a commit. What is to be written waits in a bounded line, which is filled from any thread: a disk
/// that hangs is no reason to wait for being told that there is no place.
public actor SQLiteJournal: Journal {
    private let thread: WorkThread
    private let preference: ThreadPreference
    private let reader: Reader<ForwardDesk>
    private let mark: HighWaterMark
    /// Pages that were found damaged when it was opened, or before, and were mended: what is lost with them is said by each.
    public nonisolated let mended: [MendedPage]
    nonisolated let line: CommitQueue
    let wakeSignal = WakeSignal()
    let board: CommitBoard
    nonisolated let tail = JournalTail()
    let tally = Lock(JournalFigures())
    let now: @Sendable () -> Instant
    let whenBroken: @Sendable (JournalError) -> Void
    /// Nothing once it is closed.
    var storage: Storage?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    /// Opens the journal, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - now: what time it is.
    ///   - whenBroken: told once, should the disk or the file be found not to be trusted. The process is then to end,
    ///     for only a new start can find out what is there.
    /// - Throws: ``JournalError/unusable(_:)`` with the reason, in words for the operator.
    public static func open(
        at path: String, settings: Settings = Settings(), now: @escaping @Sendable () -> Instant,
        whenBroken: @escaping @Sendable (JournalError) -> Void = { _ in }
    ) throws(JournalError) -> SQLiteJournal {
        let path = try JournalFile.resolve(path)
        let note = DamageNote(for: path)
        let storage = try Storage(path: path, settings: settings, note: note, at: now())
        let database = try Database.forReading(
            path, valueBytesMax: settings.valueBytesMax, cacheBytes: settings.readerCacheBytes)
        database.damageNote = note
        let reader = try Reader(database, thread: "journal-read") { (database) throws(JournalError) in
            try ForwardDesk(database)
        }
        let journal = SQLiteJournal(storage, reader, settings, now, whenBroken)
        Task(executorPreference: journal.preference) { await journal.work() }
        return journal
    }

    /// Whether a process holds the journal at this moment.
    public static func isHeld(at path: String) -> Bool {
        FileLock.isHeld(for: path)
    }

    private init(
        _ storage: sending Storage, _ reader: Reader<ForwardDesk>, _ settings: Settings,
        _ now: @escaping @Sendable () -> Instant, _ whenBroken: @escaping @Sendable (JournalError) -> Void
    ) {
        thread = WorkThread(name: "journal")
        preference = thread.makePreference()
        self.reader = reader
        line = CommitQueue(settings)
        board = CommitBoard(newest: storage.writer.newest)
        mark = storage.mark
        mended = storage.mended
        self.now = now
        self.whenBroken = whenBroken
        self.storage = storage
    }

    // MARK: Writing

    /// They share a commit.
    public nonisolated(nonsending) func append(
        _ receipts: [Receipt], tell: (_ place: Int, AppendOutcome) -> Void
    ) async {
        guard !receipts.isEmpty else { return }
        let outcome = await withCheckedContinuation { done in wait(with: receipts, done) }
        for place in receipts.indices { tell(place, outcome.map { $0[place] }) }
    }

    public nonisolated(nonsending) func record(_ steps: Steps, for sink: String) async throws(JournalError) {
        guard !steps.isEmpty else { return }
        let outcome = await withCheckedContinuation { done in
            settle(line.add(steps, for: sink, done), done)
        }
        try outcome.get()
    }

    /// Outside of what waits, which is there once for each append.
    @inline(never)
    private nonisolated func wait(
        with receipts: [Receipt], _ done: CheckedContinuation<CommitQueue.CommitOutcome, Never>
    ) {
        settle(line.add(receipts, done), done)
    }

    nonisolated func settle<Success>(
        _ admission: CommitQueue.Admission, _ done: CheckedContinuation<Result<Success, JournalError>, Never>
    ) {
        switch admission {
        case .refused(let error): done.resume(returning: .failure(error))
        case .admitted(isFlushNeeded: false): break
        case .admitted(isFlushNeeded: true): wakeSignal.call()
        }
    }

    public nonisolated func instruct(_ steps: Steps, for sink: String) async throws(JournalError) {
        try await record(steps, for: sink)
    }

    /// The file is held by one process, and no other can be asked.
    public nonisolated func words() async -> AsyncStream<SinkWord> {
        AsyncStream { $0.finish() }
    }

    public nonisolated func commits() async -> AsyncStream<Int64> {
        board.stream()
    }

    // MARK: Reading

    public nonisolated(nonsending) func read(
        after sequence: Int64, limit: Int, matching filter: EntryFilter
    ) async throws(JournalError) -> Batch {
        if let batch = tail.read(after: sequence, limit: limit, matching: filter) { return batch }
        return try await ask { (desk) throws(JournalError) in
            try desk.read(after: sequence, limit: limit, matching: filter)
        }
    }

    /// The file is held by one process, whose turn it always is.
    public nonisolated func takeTurn(at sink: String) async throws(JournalError) -> Progress? {
        try await progress(of: sink)
    }

    public nonisolated func isOurTurn(at sink: String) -> Bool { true }

    public nonisolated func progress(of sink: String) async throws(JournalError) -> Progress {
        try await ask { (desk) throws(JournalError) in try desk.progress(of: sink) }
    }

    public nonisolated(nonsending) func retries(
        of sink: String, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [Retry] {
        try await ask { (desk) throws(JournalError) in try desk.retries(of: sink, after: sequence, limit: limit) }
    }

    public nonisolated(nonsending) func replays(
        of sink: String, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [Retry] {
        try await ask { (desk) throws(JournalError) in try desk.replays(of: sink, after: sequence, limit: limit) }
    }

    /// A file that cannot be read is not written to either.
    private nonisolated(nonsending) func ask<Answer: Sendable>(
        _ question: @Sendable (ForwardDesk) throws(JournalError) -> Answer
    ) async throws(JournalError) -> Answer {
        do {
            return try await reader.ask(question)
        } catch {
            distrust(error)
            throw error
        }
    }

    // MARK: Its state

    /// What the journal failed of; nil as long as it is to be trusted.
    public nonisolated var failure: JournalError? { line.failure }

    public nonisolated var ailment: String? {
        failure.map { "\($0)" } ?? (figures.isFull ? "full" : nil)
    }

    /// What the journal counts, as it stands now.
    public nonisolated var figures: JournalFigures {
        var figures = tally.withLock { $0 }
        (figures.waitingReceipts, figures.waitingBytes) = line.waiting
        figures.newest = board.newest
        return figures
    }

    /// Ends the journal's work for good if the error says that it is not to be trusted any more.
    nonisolated func distrust(_ error: JournalError) {
        guard case .broken = error, line.fail(error) else { return }
        whenBroken(error)
    }

    /// Copies all of the write-ahead log into the file and empties it, unless there is something more urgent to do.
    ///
    /// Nothing depends on it but the size of the log. It is meant for hours in which little comes.
    public func tidy() {
        guard line.waiting.receipts == 0, line.failure == nil, let storage else { return }
        do {
            try storage.emptyLog()
            tally.withLock { $0.checkpoints += 1 }
        } catch {
            distrust(error)
        }
    }

    /// Time goes on by a tick, a quarter of a second or so: who waits for too long is answered, whatever the disk does.
    public nonisolated func tick() {
        line.tick()
    }

    /// Puts on the disk how far the journal came, for the sake of the next start: about once a second is often enough.
    ///
    /// It waits for the disk on the reading thread, so that no commit does.
    public nonisolated func syncMark() async throws(JournalError) {
        try await reader.ask { (_) throws(JournalError) in mark.sync() }
    }

    /// Writes what waits, empties the log, closes the files, gives up the lock and ends the threads.
    public nonisolated func close() async {
        guard await line.close() else { return }
        wakeSignal.end()
        await reader.close()
        await clear()
        board.close()
        thread.stop()
    }

    private func clear() {
        if line.failure != nil { storage?.abandon() }
        tidy()
        storage = nil
    }
}
