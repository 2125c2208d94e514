import Model

/// Looks for requests.
final class RequestSearch {
    private let findByID: Statement
    private let findAll: Statement
    private let findOldest: Statement
    private let findQuarantined: Statement
    private let findReplays: Statement
    private let findFaults: Statement
    private let countAll: Statement
    private var digester = RowDigester()

    /// How many requests one search looks at, whatever it finds.
    private static let requestsLookedAtMax = 20_000

    init(_ database: Database) throws(JournalError) {
        let columns = "SELECT \(RequestRow.columns) FROM requests r JOIN sources s ON s.id = r.source"
        findByID = try database.prepare("\(columns) WHERE r.request_id = ?1 ORDER BY r.id LIMIT 1")
        findAll = try database.prepare("\(columns) WHERE r.id > ?1 ORDER BY r.id LIMIT ?2")
        // With those whose source is damaged.
        findOldest = try database.prepare(
            """
            SELECT \(RequestRow.columns) FROM requests r LEFT JOIN sources s ON s.id = r.source
            WHERE r.id > ?1 ORDER BY r.id LIMIT ?2
            """)
        findQuarantined = try database.prepare(
            """
            \(columns) WHERE r.id IN (
                SELECT DISTINCT q.request FROM quarantine q WHERE q.request > ?1 ORDER BY q.request LIMIT ?2)
            ORDER BY r.id
            """)
        findReplays = try database.prepare(
            "SELECT first_event, event_count FROM replays WHERE request = ?1 ORDER BY first_event")
        findFaults = try database.prepare("SELECT path, reason FROM quarantine WHERE request = ?1 ORDER BY id")
        countAll = try database.prepare("SELECT count(*) FROM requests")
    }

    func request(_ requestId: EventID) throws(JournalError) -> StoredRequest? {
        try findByID.bind(requestId, at: 1)
        defer { findByID.reset() }
        return try findByID.row() ? try request(in: findByID) : nil
    }

    func page(_ query: RequestQuery) throws(JournalError) -> RequestPage {
        try query.onlyQuarantined ? page(query, by: findQuarantined) : page(query, by: findAll)
    }

    /// A request, and the number of its row.
    struct Numbered {
        let row: Int64
        /// As far as it can be read.
        let requestId: EventID
        /// Nil where it is not as it was written.
        let request: StoredRequest?
    }

    /// The oldest there are but for some.
    func oldest(limit: Int, besides rows: Set<Int64>) throws(JournalError) -> [Numbered] {
        try findOldest.bind(0, at: 1)
        try findOldest.bind(Int64(limit + rows.count), at: 2)
        defer { findOldest.reset() }
        var found: [Numbered] = []
        var bytes = 0
        while found.count < limit, bytes < BrowsingDesk.answerBytesMax, try findOldest.row() {
            guard !rows.contains(findOldest.integer(0)) else { continue }
            let (high, low) = findOldest.sixteenBytes(1) ?? (0, 0)
            bytes += findOldest.byteCount(6)
            found.append(
                Numbered(
                    row: findOldest.integer(0), requestId: EventID(high: high, low: low),
                    request: isSound(findOldest) ? try request(in: findOldest) : nil))
        }
        return found
    }

    /// A row from before there were digests is taken as it is.
    private func isSound(_ row: borrowing Statement) -> Bool {
        guard !row.isNull(RequestRow.digestColumn) else { return true }
        guard let said = RequestRow(row) else { return false }
        return digester.digest(of: said) == RowDigest(row, RequestRow.digestColumn)
    }

    /// What was not understood of a request.
    func faults(of row: Int64) throws(JournalError) -> [Fault] {
        try findFaults.bind(row, at: 1)
        defer { findFaults.reset() }
        var faults: [Fault] = []
        while try findFaults.row() {
            faults.append(Fault(path: findFaults.text(0) ?? "", reason: findFaults.text(1) ?? ""))
        }
        return faults
    }

    func count() throws(JournalError) -> Int64 {
        defer { countAll.reset() }
        return try countAll.row() ? countAll.integer(0) : 0
    }

    private func page(_ query: RequestQuery, by statement: borrowing Statement) throws(JournalError) -> RequestPage {
        try statement.bind(query.from ?? 0, at: 1)
        try statement.bind(Int64(Self.requestsLookedAtMax), at: 2)
        defer { statement.reset() }
        let limit = Int(BrowsingDesk.rows(query.limit))
        var found: [StoredRequest] = []
        var bytes = 0
        var last = query.from ?? 0
        var lookedAt = 0
        while found.count < limit, bytes < BrowsingDesk.answerBytesMax {
            guard try statement.row() else {
                return RequestPage(requests: found, next: lookedAt < Self.requestsLookedAtMax ? nil : last)
            }
            lookedAt += 1
            last = statement.integer(0)
            guard passes(query, statement) else { continue }
            let request = try request(in: statement)
            bytes += request.body.count
            found.append(request)
        }
        return RequestPage(requests: found, next: last)
    }

    private func passes(_ query: RequestQuery, _ row: borrowing Statement) -> Bool {
        if let source = query.source, row.text(3) != source { return false }
        if let provider = query.provider, row.text(4) != provider { return false }
        let receivedAt = row.instant(2)
        if let since = query.since, receivedAt < since { return false }
        return query.until.map { receivedAt < $0 } ?? true
    }

    private func request(in row: borrowing Statement) throws(JournalError) -> StoredRequest {
        guard let headers = HeaderBlock.fields(in: row.bytes(5)) else {
            throw .broken("the headers of a request are not as they were written")
        }
        let method = row.text(9).map { Authenticity.Method(rawValue: $0) }
        return StoredRequest(
            requestId: try row.id(1), receivedAt: row.instant(2), source: row.text(3) ?? "",
            provider: row.text(4) ?? "", headers: headers, body: row.bytes(6),
            events: try Self.run(from: row.integer(7), count: row.integer(8)),
            furtherEvents: try replays(of: row.integer(0)),
            authenticity: method.map { Authenticity(method: $0, key: row.text(10)) })
    }

    private func replays(of request: Int64) throws(JournalError) -> [Range<Int64>] {
        try findReplays.bind(request, at: 1)
        defer { findReplays.reset() }
        var replays: [Range<Int64>] = []
        while try findReplays.row() {
            replays.append(try Self.run(from: findReplays.integer(0), count: findReplays.integer(1)))
        }
        return replays
    }

    private static func run(from first: Int64, count: Int64) throws(JournalError) -> Range<Int64> {
        let (end, overflow) = first.addingReportingOverflow(max(0, count))
        guard !overflow else { throw .broken("a request's events have numbers that cannot be") }
        return first..<end
    }
}
