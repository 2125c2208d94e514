import Glibc
import Threads
import Wire

/// How far a journal came, in a small file beside it: a database that does not hold as much has lost something.
///
/// It is written after each commit returned, so that it is never ahead of the database, and takes no wait for the disk: a
/// second behind is soon enough after a power cut, and a process that dies leaves it as it is. Two places are written by
/// turns, each with its own digest, so that one that is torn leaves the other.
final class HighWaterMark: Sendable {
    /// What is in the file.
    enum Reading: Equatable {
        case absent
        case standing(CommitHead)
        /// There is one, and no word of it is to be believed.
        case damaged

        /// Whether there was ever anything that could be missing.
        var isOfSomething: Bool {
            switch self {
            case .absent: false
            case .standing(let head): head != .nothing
            case .damaged: true
            }
        }
    }

    /// At most one write and one sync run at a time, each on its own thread.
    private let descriptor: Int32

    private static let slotBytes = 512
    /// "mogm", and the version of what follows.
    private static let magic: UInt64 = 0x6D6F_676D_0000_0001
    /// Magic, three numbers, the chain, and the digest of these.
    private static let wordsBytes = 32 + 32
    private static let contentBytes = wordsBytes + 16

    /// Opens the file, and makes it where there is none.
    init(for path: String) throws(JournalError) {
        let markPath = Self.path(for: path)
        descriptor = unsafe open(markPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unusable("\(markPath) cannot be opened: \(SystemError.words)") }
        guard ftruncate(descriptor, off_t(2 * Self.slotBytes)) == 0, fsync(descriptor) == 0 else {
            let words = SystemError.words
            Glibc.close(descriptor)
            throw .unusable("\(markPath) cannot be written: \(words)")
        }
        try JournalFile.syncFolder(of: path)
    }

    deinit {
        Glibc.close(descriptor)
    }

    static func path(for path: String) -> String { path + "-mark" }

    // MARK: Reading

    /// What the file says; makes none where there is none.
    static func read(for path: String) throws(JournalError) -> Reading {
        let markPath = Self.path(for: path)
        let descriptor = unsafe open(markPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw .unusable("\(markPath) cannot be opened: \(SystemError.words)") }
            return .absent
        }
        defer { Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 2 * slotBytes)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw .unusable("\(markPath) cannot be read: \(SystemError.words)") }
        // The power went off before what was written into a new one was on the disk.
        guard bytes.contains(where: { $0 != 0 }) else { return .standing(.nothing) }
        let heads = [0, slotBytes].compactMap { head(in: Array(bytes[$0..<$0 + contentBytes])) }
        guard let newest = heads.max(by: { $0.number < $1.number }) else { return .damaged }
        return .standing(newest)
    }

    /// Nil where the slot is not whole.
    private static func head(in slot: [UInt8]) -> CommitHead? {
        let words = Array(slot[..<wordsBytes])
        guard Array(slot[wordsBytes...]) == Array(Digest.sha256(words).prefix(16)) else { return nil }
        let numbers = (0..<4).map { word in
            words[word * 8..<word * 8 + 8].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        }
        guard numbers[0] == magic, let chain = ChainLink(Array(words[32...])) else { return nil }
        return CommitHead(
            number: Int64(bitPattern: numbers[1]), lastEvent: Int64(bitPattern: numbers[2]),
            lastRequest: Int64(bitPattern: numbers[3]), chain: chain)
    }

    // MARK: Writing

    /// Remembers a commit that is on the disk.
    ///
    /// That it cannot be written is passed over, since an older mark only sees less.
    func raise(to head: CommitHead) {
        var content: [UInt8] = []
        content.reserveCapacity(Self.contentBytes)
        for number in [
            Self.magic, UInt64(bitPattern: head.number), UInt64(bitPattern: head.lastEvent),
            UInt64(bitPattern: head.lastRequest),
        ] {
            for shift in stride(from: 56 as UInt64, through: 0, by: -8) {
                content.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        content += head.chain.bytes
        content += Digest.sha256(content).prefix(16)
        let slot = Int(head.number & 1) * Self.slotBytes
        _ = unsafe pwrite(descriptor, content, content.count, off_t(slot))
    }

    /// Puts what was written on the disk. It waits for the disk, and is not for the thread that commits.
    func sync() {
        fdatasync(descriptor)
    }
}
