import Model

/// What the writer works with: the file, held against all others, and what watches the room around it.
///
/// It is let go as a whole: what it holds goes in the order in which it is written here. Another connection is gone when the
/// writer closes its own and with that copies the rest of the log, and the lock is given up last.
final class Storage {
    private var keeper: LogKeeper
    let pruner: Pruner
    let writer: Writer
    /// Raised after each commit that wrote receipts; its ``HighWaterMark/sync()`` is for another thread.
    let mark: HighWaterMark
    /// Pages that were damaged when the file was opened, and are not any more.
    let mended: [MendedPage]
    /// Whether the journal is above its bytes, and nothing may go.
    var isAboveBytes = false
    private var disk: DiskSpace
    private var ballast: Ballast
    private let logBytesForReceipts: Int64
    private let path: String
    private let lock: FileLock

    /// Opens the file under its lock, brings it to the newest version, and mends what can be mended of it.
    ///
    /// - Parameter note: where pages are noted that turn out to be damaged.
    init(path: String, settings: SQLiteJournal.Settings, note: DamageNote, at now: Instant) throws(JournalError) {
        let lock = try FileLock(for: path)
        let reading = try HighWaterMark.read(for: path)
        try JournalFile.prepare(path, isExpected: reading.isOfSomething)
        let (writer, mended) = try Self.mendedWriter(path, settings, note, at: now)
        if let loss = try Loss(in: writer.database, head: writer.chain.head, against: reading) {
            throw .unusable(
                "\(path) is not as it was left: \(loss). Put back what is missing, such as \(path)-wal; or say "
                    + "`mogate verify \(path) --accept-loss` to go on without it")
        }
        mark = try HighWaterMark(for: path)
        mark.raise(to: writer.chain.head)
        mark.sync()
        self.lock = lock
        self.writer = writer
        self.mended = mended
        pruner = try Pruner(writer.database, settings)
        self.path = path
        disk = DiskSpace(path: path, reserveBytes: settings.reserveBytes, probe: settings.freeBytes)
        ballast = Ballast(for: path, bytes: settings.ballastBytes)
        logBytesForReceipts = Int64(settings.logBytesForReceipts)
        keeper = LogKeeper(
            try Self.copier(path, settings, note), goalBytes: settings.logBytesGoal,
            maxBytes: settings.logBytesForReceipts, patienceMs: settings.patienceMs)
    }

    deinit {
        keeper.close()
    }

    /// Whether there is no room for receipts, on the disk or within the journal's own bytes.
    func isShortOfRoom(at now: Instant) -> Bool {
        guard !isAboveBytes, !disk.isShort(at: now) else { return true }
        // What was given up is taken again before anything else is.
        if !ballast.isHeld { ballast.hold() }
        return !ballast.isHeld
    }

    /// Gives up what was set aside for a full disk: whether there was anything.
    func giveRoom() -> Bool {
        ballast.release()
    }

    /// Whether the log is as long as it may get, and somebody reads in it, or there is no room to copy it to: then it can
    /// neither be cut nor begin anew.
    func isLogHeld() throws(JournalError) -> Bool {
        guard logBytes >= logBytesForReceipts else { return false }
        do throws(JournalError) {
            try keeper.empty(writer.database)
        } catch .full {
            return true
        }
        return logBytes >= logBytesForReceipts
    }

    /// What the write-ahead log takes on the disk, which is more than what is in use.
    var logFileBytes: Int64 { JournalFile.sizeBytes(of: path + "-wal") ?? 0 }

    /// What the write-ahead log holds.
    var logBytes: Int64 { Int64(writer.database.logPages * LogKeeper.pageBytes) }

    /// Remembers outside the file how far it came.
    func raiseMark() {
        mark.raise(to: writer.chain.head)
    }

    /// Does between two commits what no one should wait for.
    func tidyLog() throws(JournalError) -> Bool {
        try keeper.tidy(writer.database)
    }

    /// Brings all into the file and leaves the log empty, where no reader is in the way.
    func emptyLog() throws(JournalError) {
        try keeper.empty(writer.database)
    }

    /// Lets go of a file that is not to be trusted, without another byte written to it: the next start finds out.
    func abandon() {
        // Had it failed, SQLite would copy what it holds for committed, as the next start will.
        try? writer.database.leaveLog()
    }
}
