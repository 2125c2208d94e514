import Glibc
import Threads

/// Finds the database file, or makes a new one in such a way that half a one is never taken for a whole.
enum JournalFile {
    /// The path without links in its folders, which are made where they are missing. The file itself may not be a link.
    static func resolve(_ path: String) throws(JournalError) -> String {
        guard let name = path.split(separator: "/").last, !path.hasSuffix("/"), name != ".", name != ".." else {
            throw .unusable("\(path) names no file")
        }
        let folder = String(path.dropLast(name.count))
        try makeFolder(folder)
        return try resolved(folder: folder) + "/" + name
    }

    /// As ``resolve(_:)``, for a file that must be there: makes nothing.
    static func find(_ path: String) throws(JournalError) -> String {
        guard let name = path.split(separator: "/").last, let bytes = sizeBytes(of: path), bytes > 0 else {
            throw .unusable("there is no journal at \(path)")
        }
        return try resolved(folder: String(path.dropLast(name.count))) + "/" + name
    }

    /// Makes the file if there is none. Called under the lock.
    ///
    /// - Parameter isExpected: whether a journal of that name is known to have held something.
    static func prepare(
        _ path: String, isExpected: Bool, migrations: [String] = Schema.migrations
    ) throws(JournalError) {
        guard let bytes = sizeBytes(of: path) else {
            guard !isExpected, sizeBytes(of: path + "-wal") ?? 0 == 0 else {
                throw .unusable(
                    "\(path) is missing, though it held events: put it or a backup in its place (and say "
                        + "`mogate verify --accept-loss` for a backup), or remove \(path)-mark and \(path)-wal to begin anew"
                )
            }
            return try make(path, migrations)
        }
        guard bytes > 0 else {
            throw .unusable(
                "\(path) is empty, as a journal never is: put it or a backup in its place (and say "
                    + "`mogate verify --accept-loss` for a backup), or remove all that bears its name to begin anew")
        }
        // A connection that cannot write looks first, so that a file which is not ours stays as it is.
        let database = try Database(path: path, access: .reading)
        do {
            try Schema.inspect(database, knowing: migrations)
        } catch .unusable(let reason) {
            throw .unusable("\(path) cannot be used: \(reason)")
        }
    }

    /// Makes the file under another name and gives it its own once it is whole and on the disk.
    private static func make(_ path: String, _ migrations: [String]) throws(JournalError) {
        let draft = path + ".new"
        for leftover in [draft, draft + "-wal", draft + "-shm", draft + "-journal"] { unsafe unlink(leftover) }
        let descriptor = unsafe open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable("\(path) cannot be made: \(SystemError.words)") }
        Glibc.close(descriptor)
        try build(draft, migrations)
        guard unsafe rename(draft, path) == 0 else { throw .unusable("\(path) cannot be made: \(SystemError.words)") }
        try syncFolder(of: path)
    }

    /// The connection is closed when this returns, so that the file is whole without a log beside it.
    private static func build(_ draft: String, _ migrations: [String]) throws(JournalError) {
        let database = try Database(path: draft, access: .writing)
        try database.sealPages()
        try database.execute(
            """
            PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL
            """)
        try Schema.migrate(database, by: migrations)
    }

    private static func makeFolder(_ folder: String) throws(JournalError) {
        guard !folder.isEmpty, folder != "/" else { return }
        var made = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            made += part + "/"
            guard unsafe mkdir(made, 0o700) == 0 || errno == EEXIST else {
                throw .unusable("\(made) cannot be made: \(SystemError.words)")
            }
        }
    }

    private static func resolved(folder: String) throws(JournalError) -> String {
        guard let resolved = unsafe realpath(folder.isEmpty ? "." : folder, nil) else {
            throw .unusable("\(folder) cannot be found: \(SystemError.words)")
        }
        defer { unsafe free(resolved) }
        let path = unsafe String(cString: resolved)
        return path == "/" ? "" : path
    }

    /// Makes the names in a file's folder outlast a power cut.
    static func syncFolder(of path: String) throws(JournalError) {
        let folder = path.split(separator: "/").dropLast().reduce(into: "/") { $0 += $1 + "/" }
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable("\(folder) cannot be opened: \(SystemError.words)") }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .unusable("\(folder) cannot be synced: \(SystemError.words)") }
    }

    /// The size of a file; nil where there is none.
    static func sizeBytes(of path: String) -> Int64? {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { return nil }
        return Int64(facts.st_size)
    }
}
