import CPages
import CSQLite

/// A connection to the database file, closed when it goes.
///
/// It belongs to one actor. SQLite itself locks nothing in it.
@safe final class Database {
    private let handle: OpaquePointer
    private let meter = LogMeter()
    /// Where to note pages that turn out to be damaged, for the next start; nil where nobody would mend them.
    var damageNote: DamageNote?

    enum Access {
        case writing, reading
    }

    /// Opens a file that is there already. Nothing is written by that, nor read.
    ///
    /// - Parameters:
    ///   - path: absolute, for SQLite would read other things into a path that begins with `file:`.
    ///   - isPlain: whether seals are neither looked at nor made.
    init(path: String, access: Access, isPlain: Bool = false) throws(JournalError) {
        let intent = access == .writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        let flags = intent | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        var opened: OpaquePointer?
        guard Self.isLibraryReady else { throw .unusable("SQLite does not take what looks at its pages") }
        let code = unsafe sqlite3_open_v2(path, &opened, flags, isPlain ? nil : PAGES_VFS)
        guard code == SQLITE_OK, let opened = unsafe opened else {
            unsafe sqlite3_close_v2(opened)
            throw .unusable("\(path) cannot be opened: \(JournalError.words(for: code))")
        }
        unsafe handle = opened
    }

    deinit {
        // This form waits for a statement that is finalized after it has let go of the connection.
        unsafe sqlite3_close_v2(handle)
    }

    /// Whether SQLite knows the file system that seals pages: it is prepared once, before anything is opened.
    private static let isLibraryReady: Bool = {
        // Nobody asks how much memory it has, and counting it takes a lock each time that it asks for some.
        shim_leave_memory_uncounted()
        return pages_register() == SQLITE_OK
    }()

    /// Whether no transaction is open.
    var isAtRest: Bool { unsafe sqlite3_get_autocommit(handle) != 0 }

    /// How many rows the last statement wrote.
    var changes: Int64 { unsafe sqlite3_changes64(handle) }

    /// How many pages the write-ahead log held after the last commit of this connection.
    var logPages: Int { meter.pages }

    func prepare(_ sql: StaticString) throws(JournalError) -> Statement {
        try prepare(sql.description)
    }

    func prepare(_ sql: String) throws(JournalError) -> Statement {
        var statement: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else { throw error(code) }
        return unsafe Statement(owning: statement, of: self)
    }

    /// Runs any number of statements that bring no rows.
    func execute(_ sql: String) throws(JournalError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// The one number that a question brings.
    func number(_ sql: String) throws(JournalError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.row() ? statement.integer(0) : 0
    }

    /// The one text that a question brings.
    func text(_ sql: String) throws(JournalError) -> String {
        let statement = try prepare(sql)
        return try statement.row() ? statement.text(0) ?? "" : ""
    }

    /// Asks several questions of one state of the file.
    func reading<Answer>(_ questions: () throws(JournalError) -> Answer) throws(JournalError) -> Answer {
        try execute("BEGIN")
        let answer: Answer
        do {
            answer = try questions()
        } catch {
            if !isAtRest { try execute("ROLLBACK") }
            throw error
        }
        try execute("COMMIT")
        return answer
    }

    /// Has SQLite ask the bound after every so many steps whether to go on.
    ///
    /// The bound lives as long as this connection is used.
    func asks(every steps: Int32, _ bound: ReadBound) {
        unsafe sqlite3_progress_handler(
            handle, steps,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<ReadBound>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
            }, Unmanaged.passUnretained(bound).toOpaque())
    }

    /// How long a statement waits for another process that holds the file.
    func setPatience(milliseconds: Int32) {
        unsafe sqlite3_busy_timeout(handle, milliseconds)
    }

    /// What the answer that SQLite just gave means.
    func error(_ code: Int32) -> JournalError {
        if code == Self.damagedPage { damageNote?.add(lastDamagedPage) }
        return unsafe JournalError(code: code, of: handle)
    }
}

// MARK: - Settings of a connection

extension Database {
    /// What holds for each connection: a file from elsewhere can do no harm through it.
    func secure(valueBytesMax: Int, cacheBytes: Int) throws(JournalError) {
        for (option, value): (Int32, Int32) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0), (SQLITE_DBCONFIG_DQS_DML, 0),
            (SQLITE_DBCONFIG_DQS_DDL, 0),
        ] {
            let code = unsafe shim_db_config_set(handle, option, value)
            guard code == SQLITE_OK else { throw error(code) }
        }
        unsafe sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: valueBytesMax))
        // A mapped file that someone cuts off ends the process with SIGBUS.
        try execute(
            """
            PRAGMA mmap_size = 0; PRAGMA cell_size_check = 1; PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -\(cacheBytes >> 10)
            """)
    }

    private static let readerPatienceMs: Int32 = 1_000

    /// A connection for questions, with all that keeps it from doing anything else.
    static func forReading(_ path: String, valueBytesMax: Int, cacheBytes: Int) throws(JournalError) -> Database {
        let database = try Database(path: path, access: .reading)
        try database.secure(valueBytesMax: valueBytesMax, cacheBytes: cacheBytes)
        try database.execute("PRAGMA query_only = 1")
        // One that closes the file, or brings it back after a crash, holds it for a moment.
        database.setPatience(milliseconds: readerPatienceMs)
        return database
    }

    /// What makes a commit mean that the bytes are on the disk. A file system that will not have it is refused.
    func makeDurable(logBytesMax: Int) throws(JournalError) {
        guard try text("PRAGMA journal_mode = WAL") == "wal" else {
            throw .unusable("the file system does not let SQLite keep a write-ahead log")
        }
        try execute("PRAGMA synchronous = FULL")
        guard try number("PRAGMA synchronous") == 2 else {
            throw .unusable("SQLite does not wait for the disk though it was told to")
        }
        try execute("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = \(logBytesMax)")
        // What is deleted is gone: its place is overwritten.
        try execute("PRAGMA secure_delete = ON")
        watchLog()
    }

    /// Has SQLite tell the size of the log after each commit. It takes the place of SQLite's own checkpoints.
    private func watchLog() {
        // The meter lives as long as this connection, which is closed before it goes.
        unsafe sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                guard let context = unsafe context else { return SQLITE_OK }
                unsafe Unmanaged<LogMeter>.fromOpaque(context).takeUnretainedValue().pages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(meter).toOpaque())
    }
}

// MARK: - Seals

extension Database {
    /// Has every page of a file that is still empty end in a seal, which is looked at whenever the page is read.
    func sealPages() throws(JournalError) {
        var bytes = PAGES_SEAL_BYTES
        for operation in [SQLITE_FCNTL_RESERVE_BYTES, PAGES_SEAL_FROM_NOW] {
            let code = unsafe sqlite3_file_control(handle, "main", operation, &bytes)
            guard code == SQLITE_OK else { throw error(code) }
        }
    }

    /// Whether the pages of the file are sealed.
    var isSealed: Bool {
        get throws(JournalError) {
            var bytes: Int32 = -1
            let code = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes)
            guard code == SQLITE_OK else { throw error(code) }
            return bytes == PAGES_SEAL_BYTES
        }
    }

    /// The page that was last found not to be as it was written.
    private var lastDamagedPage: Int64 {
        var page: UInt32 = 0
        unsafe sqlite3_file_control(handle, "main", PAGES_DAMAGED, &page)
        return Int64(page)
    }

    /// `SQLITE_IOERR_DATA`, which is made of others in a way that Swift does not import.
    static let damagedPage = SQLITE_IOERR | 32 << 8
}

// MARK: - Copies

extension Database {
    /// Copies all pages to a file that is empty.
    /// - Parameter meanwhile: asked after so many pages each; it may throw to end it.
    func copy(
        to other: Database, pagesAtATime: Int32, meanwhile: () throws(JournalError) -> Void
    ) throws(JournalError) {
        guard let copying = unsafe sqlite3_backup_init(other.handle, "main", handle, "main") else {
            throw unsafe other.error(sqlite3_extended_errcode(other.handle))
        }
        var code = SQLITE_OK
        do {
            while code == SQLITE_OK {
                try meanwhile()
                code = unsafe sqlite3_backup_step(copying, pagesAtATime)
            }
        } catch {
            unsafe sqlite3_backup_finish(copying)
            throw error
        }
        unsafe sqlite3_backup_finish(copying)
        guard code == SQLITE_DONE else { throw other.error(code) }
    }
}

// MARK: - Checkpoints

extension Database {
    enum Checkpoint {
        /// Copies what it can without waiting for anyone.
        case passive
        /// Copies all and cuts the log to nothing, where no reader is in the way.
        case truncate
    }

    /// Copies pages from the log into the file. That readers are in the way is no error: the next one will do.
    func checkpoint(_ kind: Checkpoint) throws(JournalError) {
        let mode = kind == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
        let code = unsafe sqlite3_wal_checkpoint_v2(handle, nil, mode, nil, nil)
        guard code & 0xFF != SQLITE_BUSY, code & 0xFF != SQLITE_LOCKED else { return }
        guard code == SQLITE_OK else { throw error(code) }
        if kind == .truncate { meter.pages = 0 }
    }

    /// Leaves the log as it is when the connection closes, where SQLite would copy it into the file.
    func leaveLog() throws(JournalError) {
        let code = unsafe shim_db_config_set(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        guard code == SQLITE_OK else { throw error(code) }
    }
}

/// What SQLite tells of its write-ahead log.
private final class LogMeter {
    var pages = 0
}
