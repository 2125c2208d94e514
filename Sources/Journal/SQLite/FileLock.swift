import Glibc
import Threads

/// Holds a journal against every other process.
///
/// The lock is on a file beside the database, since closing any descriptor of the database file would drop SQLite's own
/// locks.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock, or tells who may not have it.
    init(for path: String) throws(JournalError) {
        let lockPath = Self.path(for: path)
        let descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unusable("\(lockPath) cannot be opened: \(SystemError.words)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            let words = SystemError.words
            Glibc.close(descriptor)
            throw .unusable(
                isTaken ? "\(path) is in use by another process" : "\(lockPath) cannot be locked: \(words)")
        }
        self.descriptor = descriptor
    }

    deinit {
        // A child process that has not yet come to its `exec` holds the descriptor too: closing it here is not enough.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    static func path(for path: String) -> String { path + ".lock" }

    /// Whether a process holds the lock at this moment.
    static func isHeld(for path: String) -> Bool {
        let descriptor = unsafe open(Self.path(for: path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
