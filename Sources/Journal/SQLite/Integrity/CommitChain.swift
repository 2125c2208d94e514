import Model
import Wire

/// Where the chain over the commits stands.
struct CommitHead: Equatable, Sendable {
    /// The number of the last commit that wrote receipts; 0 before the first.
    let number: Int64
    /// The newest event and request that it or one before it wrote.
    let lastEvent: Int64
    let lastRequest: Int64
    /// Over all commits so far: each link is made of the one before and of what its own commit wrote.
    let chain: ChainLink

    /// Before anything was ever written.
    static let nothing = CommitHead(number: 0, lastEvent: 0, lastRequest: 0, chain: ChainLink())
}

/// One link of the chain: SHA-256, 32 bytes.
struct ChainLink: Equatable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// What the first link is joined to.
    init() { words = (0, 0, 0, 0) }

    /// Nil where there are not 32 bytes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        let words = (0..<4).map { word in
            bytes[word * 8..<word * 8 + 8].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        }
        self.words = (words[0], words[1], words[2], words[3])
    }

    /// The link that follows a commit's head, for a commit that wrote rows of this digest.
    init(after head: CommitHead, number: Int64, lastEvent: Int64, lastRequest: Int64, at: Instant, rows: RowDigest) {
        var stream = SHA256Stream()
        for word in [head.chain.words.0, head.chain.words.1, head.chain.words.2, head.chain.words.3] {
            stream.add(word)
        }
        for number in [number, lastEvent, lastRequest, at.microseconds] { stream.add(UInt64(bitPattern: number)) }
        stream.add(rows.high)
        stream.add(rows.low)
        words = stream.finish()
    }

    var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }

    static func == (one: ChainLink, other: ChainLink) -> Bool { one.words == other.words }
}

/// The digest of the rows of one commit: of its events by their numbers, and then of its requests by theirs.
struct CommitRows {
    private var events = SHA256Stream()
    private var requests = SHA256Stream()

    mutating func add(event digest: RowDigest) {
        events.add(digest.high)
        events.add(digest.low)
    }

    mutating func add(request digest: RowDigest) {
        requests.add(digest.high)
        requests.add(digest.low)
    }

    /// The digest of all that was added; and begins anew.
    mutating func finish() -> RowDigest {
        let events = events.finish()
        let requests = requests.finish()
        var both = SHA256Stream()
        for word in [events.0, events.1, events.2, events.3, requests.0, requests.1, requests.2, requests.3] {
            both.add(word)
        }
        let words = both.finish()
        return RowDigest(high: words.0, low: words.1)
    }
}

/// Writes the chain: a row for each commit that wrote receipts.
final class CommitChain {
    /// The newest commit that is on the disk.
    private(set) var head: CommitHead
    /// The one that is being made.
    private var next: CommitHead?
    private var rows = CommitRows()
    private let insertCommit: Statement

    init(_ database: Database) throws(JournalError) {
        head = try Self.head(of: database)
        insertCommit = try database.prepare(
            "INSERT INTO commits(number, last_event, last_request, at_us, rows, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
    }

    /// The newest commit in a file.
    static func head(of database: Database) throws(JournalError) -> CommitHead {
        let find = try database.prepare(
            "SELECT number, last_event, last_request, chain FROM commits ORDER BY number DESC LIMIT 1")
        guard try find.row() else { throw .broken("the commits are gone") }
        guard let chain = ChainLink(find.bytes(3)) else { throw .broken("a commit has no chain") }
        return CommitHead(
            number: find.integer(0), lastEvent: find.integer(1), lastRequest: find.integer(2), chain: chain)
    }

    /// Begins a commit. What an earlier one left unfinished is forgotten.
    func begin() {
        next = nil
        _ = rows.finish()
    }

    func add(event digest: RowDigest) { rows.add(event: digest) }

    func add(request digest: RowDigest) { rows.add(request: digest) }

    /// Writes the commit's row into the transaction that is open. It counts once ``advance()`` is told.
    /// - Parameter number: its number, where it is not the next one, since others were lost.
    /// - Returns: its number.
    @discardableResult
    func seal(
        lastEvent: Int64, lastRequest: Int64, at: Instant, number: Int64? = nil
    ) throws(JournalError) -> Int64 {
        let number = number ?? head.number + 1
        let rows = rows.finish()
        let chain = ChainLink(
            after: head, number: number, lastEvent: lastEvent, lastRequest: lastRequest, at: at, rows: rows)
        try insertCommit.bind(number, at: 1)
        try insertCommit.bind(lastEvent, at: 2)
        try insertCommit.bind(lastRequest, at: 3)
        try insertCommit.bind(at.microseconds, at: 4)
        try insertCommit.bind(rows, at: 5)
        try insertCommit.bind(chain.bytes, at: 6)
        try insertCommit.run()
        next = CommitHead(number: number, lastEvent: lastEvent, lastRequest: lastRequest, chain: chain)
        return number
    }

    /// The transaction is on the disk.
    func advance() {
        guard let next else { return }
        head = next
        self.next = nil
    }
}
