import CPages
import Glibc
import Threads

/// Goes through a write-ahead log as it lies on the disk, without SQLite, which would take what is behind a broken frame
/// for something that never was.
///
/// How it lies there: https://www.sqlite.org/fileformat2.html#the_write_ahead_log (read 2026-11-30).
struct LogWalk {
    /// How many frames there are up to the end of the last commit that is whole.
    private(set) var frames = 0
    /// The pages that these frames hold: what the file has in their place does not count.
    private(set) var pages: Set<Int64> = []
    private(set) var flaw: Verification.Flaw?

    private static let headerBytes = 32
    private static let frameHeaderBytes = 24
    private static let frameBytes = frameHeaderBytes + Int(PAGES_BYTES)
    private static let looksMax = 16
    /// The last bit tells whether sums are over numbers with the highest byte first.
    private static let magic: UInt32 = 0x377F_0682

    /// - Parameter known: how many frames SQLite itself counts in a log that is being written; what is behind them may be
    ///   under way just now.
    init(path: String, known: Int? = nil) throws(JournalError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw .unusable("\(path) cannot be opened: \(SystemError.words)") }
            return
        }
        defer { Glibc.close(descriptor) }
        let bytes = Int(JournalFile.sizeBytes(of: path) ?? 0)
        guard bytes > 0, let header = Self.read(descriptor, Self.headerBytes, at: 0) else { return }
        let isBigEndian = header[3] & 1 != 0
        var sum = Self.Sum()
        sum.add(header[..<24], isBigEndian)
        guard Self.word(header, 0) & ~1 == Self.magic, sum.isWritten(in: header, at: 24) else {
            // One that was begun and has nothing in it yet.
            if bytes > Self.headerBytes { flaw = .log("its first bytes are damaged, and all that it holds is lost") }
            return
        }
        let count = (bytes - Self.headerBytes) / Self.frameBytes
        var broken: Int?
        var uncommitted: Set<Int64> = []
        for index in 0..<count {
            guard let frame = Self.read(descriptor, Self.frameBytes, at: Self.headerBytes + index * Self.frameBytes),
                frame[8..<16].elementsEqual(header[16..<24]), sum.goesOn(through: frame, isBigEndian)
            else {
                broken = index
                break
            }
            uncommitted.insert(Int64(Self.word(frame, 0)))
            guard Self.word(frame, 4) != 0 else { continue }
            frames = index + 1
            pages.formUnion(uncommitted)
            uncommitted = []
        }
        if let known, frames >= known { return }
        guard let broken else { return }
        judge(descriptor, from: broken, count, header)
    }

    /// Frames of former times lie behind those that count, and differ from them in both halves of what marks the log's
    /// present time. One that bears it belongs to now: it was damaged, or cut off by the end of the machine.
    private mutating func judge(_ descriptor: Int32, from broken: Int, _ count: Int, _ header: [UInt8]) {
        var present = 0
        for index in broken..<count {
            let offset = Self.headerBytes + index * Self.frameBytes
            guard let frame = Self.read(descriptor, Self.frameHeaderBytes, at: offset) else { break }
            let isPresent =
                frame[8..<12].elementsEqual(header[16..<20]) || frame[12..<16].elementsEqual(header[20..<24])
            if isPresent { present += 1 }
        }
        guard present > 0 else { return }
        flaw = .log(
            "frame \(broken + 1) is not as it was written, and \(present - 1) more of this time lie behind it: "
                + "either the machine stopped in the middle of a commit, or it is damaged")
    }

    /// As it is with a log that may be written meanwhile: where something looks broken, it is gone through again.
    static func settled(path: String, isServed: Bool) throws(JournalError) -> LogWalk {
        var walk = try LogWalk(path: path + "-wal", known: isServed ? framesKnown(of: path) : nil)
        for _ in 0..<looksMax where isServed && walk.flaw != nil {
            sched_yield()
            walk = try LogWalk(path: path + "-wal", known: framesKnown(of: path))
        }
        return walk
    }

    /// The sum that goes through all frames.
    private struct Sum {
        private var words: (UInt32, UInt32) = (0, 0)

        mutating func add(_ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool) {
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe withUnsafeMutablePointer(to: &words) { words in
                    unsafe words.withMemoryRebound(to: UInt32.self, capacity: 2) { words in
                        unsafe pages_sum(bytes.baseAddress, bytes.count, isBigEndian ? 1 : 0, words)
                    }
                }
            }
        }

        func isWritten(in bytes: [UInt8], at offset: Int) -> Bool {
            LogWalk.word(bytes, offset) == words.0 && LogWalk.word(bytes, offset + 4) == words.1
        }

        mutating func goesOn(through frame: [UInt8], _ isBigEndian: Bool) -> Bool {
            add(frame[..<8], isBigEndian)
            add(frame[LogWalk.frameHeaderBytes...], isBigEndian)
            return isWritten(in: frame, at: 16)
        }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func read(_ descriptor: Int32, _ count: Int, at offset: Int) -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, got in
            got = unsafe max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
        return bytes.count == count ? bytes : nil
    }

    /// How many frames SQLite counts in a log that is being written, as its index beside it says; nil where nothing does.
    static func framesKnown(of path: String) -> Int? {
        let descriptor = unsafe open(path + "-shm", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        guard let header = read(descriptor, 48, at: 0) else { return nil }
        return unsafe Int(header.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: 16, as: UInt32.self) })
    }
}
