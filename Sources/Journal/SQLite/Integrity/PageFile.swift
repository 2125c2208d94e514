import CPages
import Glibc
import Threads

/// A journal's file page by page, without SQLite, while nobody else has it open.
final class PageFile {
    private let path: String
    private let descriptor: Int32
    let pageCount: Int64
    /// The page of the map that was looked at last.
    private var map: (page: Int64, bytes: [UInt8])?

    private static let pageBytes = Int(PAGES_BYTES)
    /// What the map of pages says on one of its own pages, and how long each word is.
    private static let wordBytes: Int64 = 5
    private static let wordsPerPage = Int64(LeafPage.usableBytes) / wordBytes
    private static let lockPage: Int64 = 0x4000_0000 / Int64(pageBytes) + 1

    /// What a page is to the tree it belongs to, and the page that leads to it.
    enum Place: Equatable {
        case root
        case free
        /// The first page on which a row of a leaf goes on, and one that follows such a page.
        case overflow(of: Int64)
        case further(after: Int64)
        case inner(under: Int64)
    }

    init(_ path: String) throws(JournalError) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .unusable("\(path) cannot be opened: \(SystemError.words)") }
        pageCount = (JournalFile.sizeBytes(of: path) ?? 0) / Int64(Self.pageBytes)
    }

    deinit {
        Glibc.close(descriptor)
    }

    func read(_ page: Int64) throws(JournalError) -> [UInt8] {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.pageBytes) { buffer, count in
            count = unsafe max(0, pread(descriptor, buffer.baseAddress, buffer.count, Self.offset(of: page)))
        }
        guard bytes.count == Self.pageBytes else { throw .unusable("page \(page) of \(path) cannot be read") }
        return bytes
    }

    /// A page that is as it was sealed.
    func readWhole(_ page: Int64) throws(JournalError) -> [UInt8] {
        let bytes = try read(page)
        guard isWhole(bytes, page) else { throw .unusable("page \(page) of \(path) is not as it was written either") }
        return bytes
    }

    func isWhole(_ bytes: [UInt8], _ page: Int64) -> Bool {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe pages_is_whole(bytes.baseAddress, UInt32(truncatingIfNeeded: page)) != 0
        }
    }

    /// Seals a page and puts it in its place; it is on the disk after ``sync()``.
    func write(_ bytes: [UInt8], as page: Int64) throws(JournalError) {
        var sealed = bytes
        let isDone = unsafe sealed.withUnsafeMutableBufferPointer { buffer in
            unsafe pages_seal(buffer.baseAddress, UInt32(truncatingIfNeeded: page))
            return unsafe pwrite(descriptor, buffer.baseAddress, buffer.count, Self.offset(of: page)) == buffer.count
        }
        guard isDone else { throw .unusable("\(path) cannot be written: \(SystemError.words)") }
    }

    func sync() throws(JournalError) {
        guard fsync(descriptor) == 0 else { throw .unusable("\(path) cannot be synced: \(SystemError.words)") }
    }

    private static func offset(of page: Int64) -> off_t {
        off_t(page - 1) * off_t(pageBytes)
    }

    // MARK: The map

    /// What the file's own map says of a page; nil for pages that are not in it.
    func place(of page: Int64) throws(JournalError) -> Place? {
        guard page > 2, page <= pageCount, page != Self.lockPage else { return nil }
        var mapPage = (page - 2) / (Self.wordsPerPage + 1) * (Self.wordsPerPage + 1) + 2
        if mapPage == Self.lockPage { mapPage += 1 }
        guard mapPage < page else { return nil }
        if map?.page != mapPage { map = (mapPage, try readWhole(mapPage)) }
        guard let map = map?.bytes else { return nil }
        let start = Int((page - mapPage - 1) * Self.wordBytes)
        let parent = map[start + 1..<start + 5].reduce(0 as Int64) { $0 << 8 | Int64($1) }
        return switch map[start] {
        case 1: .root
        case 2: .free
        case 3: .overflow(of: parent)
        case 4: .further(after: parent)
        case 5: .inner(under: parent)
        default: nil
        }
    }

    /// The first page of which the map says this; nil where it says it of none.
    func first(_ place: Place) throws(JournalError) -> Int64? {
        guard pageCount > 2 else { return nil }
        for page in 3...pageCount where try self.place(of: page) == place { return page }
        return nil
    }

    /// The root of the tree that a page belongs to; nil where it belongs to none.
    func root(of page: Int64) throws(JournalError) -> Int64? {
        var page = page
        // No tree is as deep, but a row may go on over many pages.
        for _ in 0..<pageCount {
            switch try place(of: page) {
            case .root: return page
            case .overflow(let parent), .further(let parent), .inner(let parent): page = parent
            case .free, nil: return nil
            }
        }
        return nil
    }

    /// The numbers of rows that a tree has room for on a page.
    func rows(on page: Int64) throws(JournalError) -> ClosedRange<Int64> {
        guard case .inner(let parent) = try place(of: page) else { return .min ... .max }
        let around = try rows(on: parent)
        let bytes = try readWhole(parent)
        var lower = around.lowerBound
        let count = Int(bytes[3]) << 8 | Int(bytes[4])
        for index in 0..<count {
            let pointer = 12 + 2 * index
            let offset = Int(bytes[pointer]) << 8 | Int(bytes[pointer + 1])
            let child = bytes[offset..<offset + 4].reduce(0 as Int64) { $0 << 8 | Int64($1) }
            var reader = VarintReader(bytes: bytes, at: offset + 4, end: bytes.count)
            guard let key = reader.next().map({ Int64(bitPattern: $0) }) else { break }
            if child == page { return lower...max(lower, key) }
            lower = key + 1
        }
        return lower...max(lower, around.upperBound)
    }
}
