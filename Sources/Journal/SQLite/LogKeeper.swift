/// Keeps the write-ahead log small, between two commits.
///
/// Once it has grown to its goal, most of it is copied into the file while commits go on; then the little that came
/// meanwhile, while they wait, for a log begins anew only when all of it is copied.
struct LogKeeper {
    private let copier: LogCopier
    private let goalPages: Int
    private let maxPages: Int
    private let patienceMs: Int32
    /// Where the log has to grow to before it is copied the next time: a reader in the way is not asked after every commit.
    private var nextPages: Int
    private var lastPages = 0
    /// What the copying began with that is under way, or is over and not seen to be.
    private var copied: Copied?

    private enum Copied {
        /// A log of so many pages.
        case pages(Int)
        /// A log that is no more: it has begun anew since, and nothing of the new one is copied.
        case pastLog
    }

    init(_ copier: LogCopier, goalBytes: Int, maxBytes: Int, patienceMs: Int32) {
        self.copier = copier
        goalPages = max(1, goalBytes / Self.pageBytes)
        maxPages = max(goalPages, maxBytes / Self.pageBytes)
        self.patienceMs = patienceMs
        nextPages = goalPages
    }

    /// A page and what the log writes before it.
    static let pageBytes = 4_096 + 24

    /// Whether all of the log was copied, as far as no reader was in the way.
    mutating func tidy(_ database: Database) throws(JournalError) -> Bool {
        let pages = database.logPages
        if pages < lastPages { beganAnew() }
        lastPages = pages
        guard pages >= nextPages else { return false }
        if pages >= maxPages {
            nextPages = pages + goalPages
            try empty(database)
            return true
        }
        guard let copied else {
            begin(at: pages)
            return false
        }
        guard !copier.isCopying else { return false }
        self.copied = nil
        nextPages = pages + goalPages
        try copier.finish()
        guard case .pages(let begun) = copied, isLittle(pages - begun) else {
            begin(at: pages)
            return false
        }
        try database.checkpoint(.passive)
        return true
    }

    private mutating func begin(at pages: Int) {
        nextPages = pages
        copied = .pages(pages)
        copier.begin()
    }

    /// It does where a copying ended before the next commit came.
    private mutating func beganAnew() {
        nextPages = goalPages
        if copied != nil { copied = .pastLog }
    }

    /// Whether commits may wait until so many pages are copied.
    private func isLittle(_ pages: Int) -> Bool { pages <= goalPages / 2 }

    /// Cuts the log to nothing if that can be had without waiting for a reader.
    mutating func empty(_ database: Database) throws(JournalError) {
        copied = nil
        try copier.finish()
        database.setPatience(milliseconds: 0)
        defer { database.setPatience(milliseconds: patienceMs) }
        try database.checkpoint(.truncate)
        nextPages = database.logPages + goalPages
    }

    /// Nothing is copied any more.
    func close() {
        copier.close()
    }
}
