import Glibc

/// Holds a journal against every other process, and remembers how far it came.
///
/// The lock is on a file beside the database, since closing any descriptor of the database file would drop SQLite's own
/// locks. That file also says the number of the newest event: a journal that holds fewer has lost some, such as by
/// a write-ahead log that was left behind when the file was copied.
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

    /// The number of the newest event that was ever on the disk, as far as this file knows.
    var mark: Int64 {
        var digits = [UInt8](repeating: 0, count: Self.markBytes)
        let count = unsafe digits.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == Self.markBytes else { return 0 }
        return Int64(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    /// Remembers a newer number. It may be late on the disk, never early: it is written after the commit.
    ///
    /// That it cannot be written is passed over, since an older mark only sees less.
    func raise(to mark: Int64) {
        var rest = mark
        var digits = [UInt8](repeating: UInt8(ascii: "0"), count: Self.markBytes)
        for index in digits.indices.reversed() {
            digits[index] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        _ = unsafe pwrite(descriptor, digits, Self.markBytes, 0)
    }

    /// All digits of the largest number.
    private static let markBytes = 19
}
