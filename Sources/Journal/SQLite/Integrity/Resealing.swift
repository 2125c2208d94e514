import CPages
import Glibc
import Threads

/// Seals pages that another program wrote, such as by copying a log into the file that a crash had left: what they hold
/// is proved by the digests of its rows, or they stay as they are.
enum Resealing {
    private static let cacheBytes = 8 << 20
    private static let valueBytesMax = 256 << 20

    /// Called under the lock: how many pages were sealed.
    static func run(_ path: String) throws(JournalError) -> Int {
        guard try PageWalk(path: path).isWanting else { return 0 }
        try prove(path)
        // Once more, since the log is in the file now.
        let walk = try PageWalk(path: path)
        try seal(walk.unsealedPages, in: path)
        return walk.unsealedPages.count
    }

    private static func prove(_ path: String) throws(JournalError) {
        let database = try Database(path: path, access: .writing, isPlain: true)
        try database.secure(valueBytesMax: valueBytesMax, cacheBytes: cacheBytes)
        try Schema.inspect(database, isNewestNeeded: true)
        try database.checkpoint(.truncate)
        let verifier = try Verifier(database, Verification())
        try verifier.verifyRows()
        try verifier.verifyStructure(isBounded: false, bytesMax: .max)
        guard let flaw = verifier.verification.flaws.first else { return }
        throw .unusable("\(path) holds pages that are not as they were written, and so are rows in them: \(flaw)")
    }

    private static func seal(_ pages: [Int64], in path: String) throws(JournalError) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .unusable("\(path) cannot be opened: \(SystemError.words)") }
        defer { Glibc.close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: Int(PAGES_BYTES))
        for page in pages {
            let offset = off_t(page - 1) * off_t(PAGES_BYTES)
            let isDone = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
                guard unsafe pread(descriptor, buffer.baseAddress, buffer.count, offset) == buffer.count else {
                    return false
                }
                unsafe pages_seal(buffer.baseAddress, UInt32(truncatingIfNeeded: page))
                return unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, offset) == buffer.count
            }
            guard isDone else { throw .unusable("\(path) cannot be written: \(SystemError.words)") }
        }
        guard fsync(descriptor) == 0 else { throw .unusable("\(path) cannot be synced: \(SystemError.words)") }
    }
}
