import CPages
import Glibc
import Threads

/// Looks at every page of a database file as it lies on the disk, without SQLite.
struct PageWalk {
    /// How many pages the file has.
    private(set) var pages = 0
    /// Whether its pages are sealed, as those of a journal are that was not made before there were seals.
    private(set) var isSealed = false
    private(set) var flaws: [Verification.Flaw] = []

    /// The pages without a seal that holds, where others have one.
    var unsealedPages: [Int64] {
        flaws.compactMap { flaw in
            guard case .page(let number) = flaw else { return nil }
            return number
        }
    }

    /// Whether there are any.
    var isWanting: Bool { !unsealedPages.isEmpty }

    private static let pageBytes = Int(PAGES_BYTES)
    private static let sealBytes = UInt8(PAGES_SEAL_BYTES)
    /// SQLite leaves out the page in which it keeps its locks.
    private static let lockPage = 0x4000_0000 / pageBytes + 1
    /// Someone who writes at this moment may be seen half-way: a page that is wrong is looked at again.
    private static let looksMax = 16
    private static let pagesAtATime = 256

    /// - Parameter tell: how many pages were looked at, again and again, and how many there are.
    init(path: String, tell: (Int64, Int64) -> Void = { _, _ in }) throws(JournalError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .unusable("\(path) cannot be opened: \(SystemError.words)") }
        defer { Glibc.close(descriptor) }
        let bytes = Int(JournalFile.sizeBytes(of: path) ?? 0)
        pages = bytes / Self.pageBytes
        // Cut off where the file was made longer; the log may still have it whole.
        if bytes % Self.pageBytes != 0 { flaws.append(.page(Int64(pages + 1))) }
        var buffer = [UInt8](repeating: 0, count: Self.pagesAtATime * Self.pageBytes)
        var sealedPages = 0
        var wrongPages: [Int] = []
        var page = 0
        while page < pages {
            let count = min(Self.pagesAtATime, pages - page)
            guard Self.read(descriptor, &buffer, count, at: page) else {
                throw .unusable("\(path) cannot be read: \(SystemError.words)")
            }
            if page == 0 { isSealed = buffer[20] == Self.sealBytes }
            for index in 0..<count where page + index + 1 != Self.lockPage {
                let number = page + index + 1
                if Self.isSealed(buffer, index, number) {
                    sealedPages += 1
                } else if !Self.isWhole(buffer, index, number), !Self.turnsOutWhole(descriptor, number) {
                    wrongPages.append(number)
                }
            }
            page += count
            tell(Int64(page), Int64(pages))
        }
        judge(sealed: sealedPages, wrong: wrongPages)
    }

    /// A seal does not hold by chance: where one does, the others are to hold as well, whatever the first page says.
    private mutating func judge(sealed: Int, wrong: [Int]) {
        guard isSealed || sealed > 0 else { return }
        if !isSealed { flaws.append(.structure("the file's first page does not say what it is to say")) }
        isSealed = true
        flaws += wrong.map { .page(Int64($0)) }
    }

    private static func turnsOutWhole(_ descriptor: Int32, _ number: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: pageBytes)
        for _ in 0..<looksMax {
            sched_yield()
            if read(descriptor, &buffer, 1, at: number - 1), isWhole(buffer, 0, number) { return true }
        }
        return false
    }

    private static func read(_ descriptor: Int32, _ buffer: inout [UInt8], _ count: Int, at page: Int) -> Bool {
        let bytes = count * pageBytes
        let got = unsafe buffer.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, bytes, off_t(page * pageBytes))
        }
        return got == bytes
    }

    private static func isSealed(_ buffer: [UInt8], _ index: Int, _ number: Int) -> Bool {
        unsafe buffer.withUnsafeBufferPointer { pages in
            unsafe pages_is_sealed(pages.baseAddress! + index * pageBytes, UInt32(truncatingIfNeeded: number)) != 0
        }
    }

    private static func isWhole(_ buffer: [UInt8], _ index: Int, _ number: Int) -> Bool {
        unsafe buffer.withUnsafeBufferPointer { pages in
            unsafe pages_is_whole(pages.baseAddress! + index * pageBytes, UInt32(truncatingIfNeeded: number)) != 0
        }
    }
}
