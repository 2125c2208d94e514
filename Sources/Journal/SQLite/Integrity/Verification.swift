public import Model

/// What a look through all of a journal came to.
public struct Verification: Sendable, Equatable {
    public var events: Int64 = 0
    public var requests: Int64 = 0
    public var commits: Int64 = 0
    /// Events and requests from before rows had a digest: of them nothing can be told.
    public var rowsWithoutDigest: Int64 = 0
    /// The newest event and the newest commit in the file.
    public var newestEvent: Int64 = 0
    public var newestCommit: Int64 = 0
    /// Pages of the file, and frames of the write-ahead log up to the end of its last commit.
    public var pages: Int64 = 0
    public var logFrames: Int64 = 0
    /// Losses that were accepted in former times.
    public var losses: [AcceptedLoss] = []
    /// What is wrong, in the order it was found: the first ones, should there be very many.
    public private(set) var flaws: [Flaw] = []
    /// How many there are.
    public private(set) var flawCount = 0
    /// What is worth knowing and is not wrong.
    public var remarks: [Remark] = []

    /// More flaws than this are counted only.
    static let flawsMax = 100

    public init() {}

    public var isSound: Bool { flawCount == 0 }

    /// Whether the file itself is as it was written, though some rows may not be, which were written so.
    var hasSoundPages: Bool { flawCount == flaws.count && flaws.allSatisfy(\.isOfARow) }

    mutating func add(_ flaw: Flaw) {
        flawCount += 1
        if flaws.count < Self.flawsMax { flaws.append(flaw) }
    }

    /// What a look through a journal is at, in this order.
    public enum Part: Sendable, Equatable {
        case pages
        /// Events and requests.
        case rows
        /// The file's structure, which SQLite looks at in one go.
        case structure
    }

    /// One thing that is wrong with a journal.
    public enum Flaw: Sendable, Equatable {
        /// The event of that number is not as it was written.
        case event(Int64)
        /// The request of that number is not as it was written.
        case request(Int64)
        /// A commit wrote other rows than there are, though none was taken away.
        case commit(Int64)
        /// A commit does not follow from the one before it.
        case chain(Int64)
        /// More rows are missing than were ever taken away.
        case missing(events: Int64, requests: Int64)
        /// The database is not what the mark beside it tells of.
        case mark(String)
        /// The page of that number is not as it was written.
        case page(Int64)
        /// The write-ahead log is not whole.
        case log(String)
        /// SQLite finds the file's structure broken, or cannot read it.
        case structure(String)

        var isOfARow: Bool {
            switch self {
            case .event, .request, .commit, .chain, .missing: true
            case .mark, .page, .log, .structure: false
            }
        }
    }

    public enum Remark: Sendable, Equatable {
        /// No file beside it tells how far it came: nothing shows whether its end is missing.
        case unmarked
        /// Its pages are from before there were seals: what is in none of the rows is not looked at.
        case unsealed
        /// It is being written, and too large to hold up the writer for: its structure was not looked at.
        case unexamined
        /// A page was damaged once, and was made readable again: the words that were said of it then.
        case mended(at: Instant, String)
    }
}

/// A loss that somebody said was to be gone on from.
public struct AcceptedLoss: Sendable, Equatable {
    public let at: Instant
    /// The last event that the database held then, and the first that was given a number afterwards.
    public let afterEvent: Int64
    public let nextEvent: Int64
    /// What was found, in words.
    public let why: String
}

extension Verification.Flaw: CustomStringConvertible {
    public var description: String {
        switch self {
        case .event(let number): "event \(number) is not as it was written: its digest does not hold"
        case .request(let number): "request \(number) is not as it was written: its digest does not hold"
        case .commit(let number): "commit \(number) wrote other rows than there are now"
        case .chain(let number): "commit \(number) does not follow from the one before it"
        case .missing(let events, let requests):
            "rows are missing that nobody took away: \(events) events, \(requests) requests"
        case .mark(let words): words
        case .page(let number): "page \(number) of the file is not as it was written: its seal does not hold"
        case .log(let words): "the write-ahead log: \(words)"
        case .structure(let words): words
        }
    }
}

extension Verification.Remark: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unmarked:
            "no file beside it tells how far it came, as with a backup: whether its end is missing is not known"
        case .unsealed:
            "its pages have no seals; a backup does not give it any, only a journal that is made anew has them"
        case .mended(let moment, let words): "mended at \(moment.rfc3339): \(words)"
        case .unexamined: "its structure was not looked at, since it is being written: look at a backup"
        }
    }
}
