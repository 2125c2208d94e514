internal import CSQLite
import Glibc
import Threads

/// What there is to know of the disk that a journal lies on.
public struct JournalDisk: Sendable {
    private let folder: String

    /// The disk of a journal's file, which need not be there yet.
    ///
    /// - Throws: where its folder is not there.
    public init(ofJournal path: String) throws(JournalError) {
        let name = path.split(separator: "/").last ?? ""
        let folder = String(path.dropLast(name.count))
        self.folder = folder.isEmpty ? "." : folder
        guard unsafe access(self.folder, W_OK | X_OK) == 0 else {
            throw .unusable("\(self.folder) cannot be written to: \(SystemError.words)")
        }
    }

    /// A file system that does not keep what it says is on the disk, or not as SQLite needs it.
    public enum Weakness: Sendable {
        /// Gone with the power.
        case memory
        /// Locks and syncs are another machine's word.
        case network
        /// One on top of others, as in a container: gone with it.
        case layered

        /// Nil where nothing speaks against a file system of that number, which is one of <linux/magic.h>.
        public init?(fileSystem number: UInt32) {
            switch number {
            case 0x0102_1994, 0x8584_58F6: self = .memory  // tmpfs, ramfs
            case 0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x517B, 0x00C3_6400, 0x0102_1997:
                self = .network  // NFS, CIFS, SMB, Ceph, 9P
            case 0x794C_7630: self = .layered  // overlayfs
            default: return nil
            }
        }
    }

    /// Nil where nothing speaks against the file system.
    public var weakness: Weakness? {
        var facts = statfs()
        guard unsafe statfs(folder, &facts) == 0 else { return nil }
        return Weakness(fileSystem: UInt32(truncatingIfNeeded: facts.f_type))
    }

    /// How long the disk takes to have a page: so many times, each in microseconds.
    public func syncTimesUs(times: Int) throws(JournalError) -> [Int64] {
        let path = folder + "/.mogate-doctor-\(getpid())"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unusable("\(path) cannot be made: \(SystemError.words)") }
        unsafe unlink(path)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0x6D, count: 4_096)
        let clock = ContinuousClock()
        var took: [Int64] = []
        for number in 0..<times {
            let start = clock.now
            guard unsafe pwrite(descriptor, page, page.count, off_t(number * page.count)) == page.count,
                fdatasync(descriptor) == 0
            else { throw .unusable("the disk of \(folder) cannot be written: \(SystemError.words)") }
            took.append(Int64((clock.now - start) / .microseconds(1)))
        }
        return took
    }
}
