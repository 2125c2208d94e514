import Model
import Wire

/// What a row of the journal means, in sixteen bytes: should the disk ever give back anything else, it shows.
///
/// It is over what the row says, not over how it lies in the file: short numbers are replaced by the words they stand for.
struct RowDigest: Equatable, Sendable {
    let high: UInt64
    let low: UInt64
}

extension RowDigest {
    /// The digest that lies in a row; nil where the row has none, as those have that were written before there were any.
    init?(_ row: borrowing Statement, _ column: Int32) {
        guard let (high, low) = row.sixteenBytes(column) else { return nil }
        self.init(high: high, low: low)
    }
}

/// Makes digests of rows. It is kept for as long as its connection, and remembers those of the words that rows share.
struct RowDigester {
    /// Each kind of row begins with a number of its own, so that none is ever taken for another.
    private enum Kind: UInt64 {
        case words = 1
        case event = 2
        case request = 3
    }

    private var stream = SHA256Stream()
    private var labels: [Int64: RowDigest] = [:]
    private var sources: [Int64: RowDigest] = [:]

    /// Takes back what it remembers of short numbers, which may have been given to others.
    mutating func forget() {
        labels = [:]
        sources = [:]
    }

    // MARK: Rows

    mutating func digest(
        ofEvent event: FrozenEvent, label: Int64, sequence: Int64, receivedAt: Instant
    ) -> RowDigest {
        let words = digest(of: event.label, numbered: label)
        stream.add([
            Kind.event.rawValue, UInt64(bitPattern: sequence), event.id.high, event.id.low, words.high, words.low,
            UInt64(bitPattern: receivedAt.microseconds), event.subject.map { UInt64($0.utf8.count) + 1 } ?? 0,
        ])
        if let subject = event.subject { stream.add(subject) }
        stream.add(event.bytes)
        return finish()
    }

    /// The body is in it by its own digest, which is made once, when the request comes in.
    mutating func digest(of request: RequestRow) -> RowDigest {
        let words = digest(ofSource: request.source, request.provider, numbered: request.sourceNumber)
        stream.add([
            Kind.request.rawValue, UInt64(bitPattern: request.number), request.requestId.high, request.requestId.low,
            UInt64(bitPattern: request.receivedAt.microseconds), words.high, words.low,
            UInt64(bitPattern: request.events.lowerBound),
        ])
        stream.add(UInt64(bitPattern: request.events.upperBound))
        stream.add(request.bodyDigest)
        add(request.method ?? "")
        add(request.key ?? "")
        stream.add(request.headers)
        return finish()
    }

    // MARK: Words that rows share

    private mutating func digest(of label: Label, numbered number: Int64) -> RowDigest {
        if let known = labels[number] { return known }
        let digest = digest(ofWords: [label.type, label.provider, label.channel, label.source])
        labels[number] = digest
        return digest
    }

    private mutating func digest(ofSource source: String, _ provider: String, numbered number: Int64) -> RowDigest {
        if let known = sources[number] { return known }
        let digest = digest(ofWords: [source, provider])
        sources[number] = digest
        return digest
    }

    private mutating func digest(ofWords words: [String]) -> RowDigest {
        stream.add(Kind.words.rawValue)
        for word in words { add(word) }
        return finish()
    }

    // MARK: Pieces

    private mutating func add(_ text: String) {
        stream.add(UInt64(text.utf8.count))
        stream.add(text)
    }

    private mutating func finish() -> RowDigest {
        let words = stream.finish()
        return RowDigest(high: words.0, low: words.1)
    }
}

/// What the row of a request says.
struct RequestRow {
    let number: Int64
    let requestId: EventID
    let receivedAt: Instant
    let source: String
    let provider: String
    let sourceNumber: Int64
    let events: Range<Int64>
    /// ``HeaderBlock/bytes``.
    let headers: [UInt8]
    /// SHA-256 of the body.
    let bodyDigest: [UInt8]
    let method: String?
    let key: String?
}

extension RequestRow {
    /// What a row begins with from which one is read, of `requests r` and `sources s`.
    static let columns = """
        r.id, r.request_id, r.received_us, s.source, s.provider, r.headers, r.body, r.first_event, r.event_count,
        r.method, r.key, r.source, r.digest
        """
    /// Where the digest is among these.
    static let digestColumn: Int32 = 12

    /// Nil where it cannot be that of any request.
    init?(_ row: borrowing Statement) {
        let first = row.integer(7)
        let (end, overflow) = first.addingReportingOverflow(row.integer(8))
        guard !overflow, end >= first, let id = row.sixteenBytes(1) else { return nil }
        self.init(
            number: row.integer(0), requestId: EventID(high: id.high, low: id.low), receivedAt: row.instant(2),
            source: row.text(3) ?? "", provider: row.text(4) ?? "", sourceNumber: row.integer(11), events: first..<end,
            headers: row.bytes(5), bodyDigest: Digest.sha256(row.bytes(6)), method: row.text(9), key: row.text(10))
    }

    init(_ receipt: Receipt, number: Int64, sourceNumber: Int64, events: Range<Int64>) {
        self.init(
            number: number, requestId: receipt.requestId, receivedAt: receipt.receivedAt, source: receipt.source,
            provider: receipt.provider, sourceNumber: sourceNumber, events: events,
            headers: receipt.headers.bytes, bodyDigest: receipt.bodyDigest,
            method: receipt.authenticity.method.rawValue, key: receipt.authenticity.key)
    }
}
