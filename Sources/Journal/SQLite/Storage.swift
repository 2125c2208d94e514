import Model

/// What the writer works with: the file, held against all others, and what watches the room around it.
///
/// It is let go as a whole, the lock last.
final class Storage {
    private let lock: FileLock
    let writer: Writer
    let pruner: Pruner
    /// Whether the journal is above its bytes, and nothing may go.
    var isAboveBytes = false
    private var disk: DiskSpace
    private var keeper: LogKeeper
    private let path: String

    /// Opens the file under its lock, and brings it to the newest version.
    init(path: String, settings: SQLiteJournal.Settings) throws(JournalError) {
        let lock = try FileLock(for: path)
        let mark = lock.mark
        try JournalFile.prepare(path, mark: mark)
        let database = try Database(path: path, access: .writing)
        try database.secure(valueBytesMax: settings.valueBytesMax, cacheBytes: settings.writerCacheBytes)
        database.setPatience(milliseconds: settings.patienceMs)
        try database.makeDurable(logBytesMax: settings.logBytesMax)
        try Schema.migrate(database)
        let writer: Writer
        do {
            writer = try Writer(database)
        } catch .broken(let reason) {
            throw .unusable("\(path) is damaged: \(reason)")
        }
        guard writer.newest >= mark else {
            throw .unusable(
                "\(path) holds events up to \(writer.newest), and there were \(mark): put back what is missing, such as "
                    + "\(path)-wal, or remove \(FileLock.path(for: path)) to go on without it")
        }
        self.lock = lock
        self.writer = writer
        pruner = try Pruner(database, settings)
        self.path = path
        disk = DiskSpace(path: path, reserveBytes: settings.reserveBytes, probe: settings.freeBytes)
        keeper = LogKeeper(
            goalBytes: settings.logBytesGoal, maxBytes: settings.logBytesMax, patienceMs: settings.patienceMs)
    }

    /// Whether there is no room for receipts, on the disk or within the journal's own bytes.
    func isShortOfRoom(at now: Instant) -> Bool {
        isAboveBytes || disk.isShort(at: now)
    }

    /// What the write-ahead log takes on the disk, which is more than what is in use.
    var logFileBytes: Int64 { JournalFile.sizeBytes(of: path + "-wal") ?? 0 }

    /// What the write-ahead log holds.
    var logBytes: Int64 { Int64(writer.database.logPages * LogKeeper.pageBytes) }

    /// Remembers outside the file how far it came.
    func noteNewest() {
        lock.raise(to: writer.newest)
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
