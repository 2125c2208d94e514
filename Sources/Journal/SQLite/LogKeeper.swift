/// Keeps the write-ahead log small, between two commits.
struct LogKeeper {
    private let goalPages: Int
    private let maxPages: Int
    private let patienceMs: Int32
    /// Where the log has to grow to before the next checkpoint: a reader in the way is not asked after every commit.
    private var nextPages: Int
    private var lastPages = 0

    init(goalBytes: Int, maxBytes: Int, patienceMs: Int32) {
        goalPages = max(1, goalBytes / Self.pageBytes)
        maxPages = max(goalPages, maxBytes / Self.pageBytes)
        self.patienceMs = patienceMs
        nextPages = goalPages
    }

    /// A page and what the log writes before it.
    static let pageBytes = 4_096 + 24

    /// Whether there was something to do.
    mutating func tidy(_ database: Database) throws(JournalError) -> Bool {
        let pages = database.logPages
        // The log began anew.
        if pages < lastPages { nextPages = goalPages }
        lastPages = pages
        guard pages >= nextPages else { return false }
        nextPages = pages + goalPages
        if pages >= maxPages {
            try empty(database)
        } else {
            try database.checkpoint(.passive)
        }
        return true
    }

    /// Cuts the log to nothing if that can be had without waiting for a reader.
    mutating func empty(_ database: Database) throws(JournalError) {
        database.setPatience(milliseconds: 0)
        defer { database.setPatience(milliseconds: patienceMs) }
        try database.checkpoint(.truncate)
        nextPages = database.logPages + goalPages
    }
}
