import Model

/// The one connection that writes, and all that it writes.
///
/// Every number that it gives out is in the database before anyone hears of it.
final class Writer {
    let database: Database
    /// The number of the newest event on the disk.
    private(set) var newest: Int64
    /// Takes in the entries that a transaction adds, in their order, where somebody wants to know them. They count once it is
    /// committed.
    var added: [Entry]?
    private var newestRequest: Int64

    // What was given a short number, so that rows hold that instead. They are asked for again after a rollback.
    private var labels: [Label: Int64] = [:]
    private var sources: [SourceName: Int64] = [:]
    let ids: IDIndex
    var sinks: [String: Int64] = [:]

    private let begin: Statement
    private let commit: Statement
    private let rollback: Statement
    private let raiseCounters: Statement
    private let insertEvent: Statement
    private let insertRequest: Statement
    private let insertFault: Statement
    private let insertSource: Statement
    private let findSource: Statement
    private let insertLabel: Statement
    private let findLabel: Statement
    let sinkStatements: SinkStatements
    let replayStatements: ReplayStatements
    let sightings: SightingLedger
    let chain: CommitChain
    private var digester = RowDigester()

    private struct SourceName: Hashable {
        let source: String
        let provider: String

        // A source nearly always has one provider.
        func hash(into hasher: inout Hasher) { hasher.combine(source) }
    }

    /// The numbers that a transaction gives out; they count once it is committed.
    private struct Numbers {
        var event: Int64
        var request: Int64
    }

    init(_ database: Database) throws(JournalError) {
        self.database = database
        newest = try database.number("SELECT newest_event FROM counters")
        newestRequest = try database.number("SELECT newest_request FROM counters")
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        rollback = try database.prepare("ROLLBACK")
        raiseCounters = try database.prepare("UPDATE counters SET newest_event = ?1, newest_request = ?2")
        insertEvent = try database.prepare(
            """
            INSERT INTO events(sequence, id, request, label, received_us, subject, body, digest)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        insertRequest = try database.prepare(
            """
            INSERT INTO requests(
                id, request_id, received_us, source, first_event, event_count, headers, body, method, key, digest)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            """)
        insertFault = try database.prepare(
            """
            INSERT INTO quarantine(request, at_us, source, path, reason, body_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT(body_digest, source, path, reason) DO NOTHING
            """)
        insertSource = try database.prepare("INSERT INTO sources(source, provider) VALUES (?1, ?2)")
        findSource = try database.prepare("SELECT id FROM sources WHERE source = ?1 AND provider = ?2")
        insertLabel = try database.prepare(
            "INSERT INTO labels(type, provider, channel, source) VALUES (?1, ?2, ?3, ?4)")
        findLabel = try database.prepare(
            "SELECT id FROM labels WHERE type = ?1 AND provider = ?2 AND channel = ?3 AND source = ?4")
        sinkStatements = try SinkStatements(database)
        replayStatements = try ReplayStatements(database)
        sightings = try SightingLedger(database)
        ids = try IDIndex(database)
        chain = try CommitChain(database)
    }

    /// Puts receipts and sinks' steps on the disk in one transaction: all of them, or none.
    func write(
        _ receipts: [Receipt], _ steps: some Sequence<CommitQueue.WaitingSteps>
    ) throws(JournalError) -> [Appended] {
        var numbers = Numbers(event: newest, request: newestRequest)
        let appended = try transaction { () throws(JournalError) in
            var appended: [Appended] = []
            appended.reserveCapacity(receipts.count)
            chain.begin()
            var latest = Instant(microseconds: 0)
            for receipt in receipts {
                appended.append(try store(receipt, &numbers))
                latest = max(latest, receipt.receivedAt)
            }
            for waiting in steps { try record(waiting.steps, for: waiting.sink) }
            if !appended.isEmpty { try ids.advance(by: Int(numbers.event - newest)) }
            if numbers.event > newest || numbers.request > newestRequest {
                try raiseCounters.bind(numbers.event, at: 1)
                try raiseCounters.bind(numbers.request, at: 2)
                try raiseCounters.run()
                try chain.seal(lastEvent: numbers.event, lastRequest: numbers.request, at: latest)
            }
            return appended
        }
        newest = numbers.event
        newestRequest = numbers.request
        chain.advance()
        return appended
    }

    /// Does all of it, and returns once it is on the disk; or leaves nothing behind.
    func transaction<Outcome>(_ work: () throws(JournalError) -> Outcome) throws(JournalError) -> Outcome {
        try begin.run()
        do {
            let outcome = try work()
            try commit.run()
            return outcome
        } catch {
            try undo()
            throw error
        }
    }

    /// Leaves the transaction, in whatever state the error left it: SQLite has ended it itself after some of them.
    private func undo() throws(JournalError) {
        labels = [:]
        sources = [:]
        sinks = [:]
        sightings.forget()
        ids.forget()
        digester.forget()
        if !database.isAtRest { try rollback.run() }
    }

    // MARK: Receipts

    private func store(_ receipt: Receipt, _ numbers: inout Numbers) throws(JournalError) -> Appended {
        let replayed = try replayedRequest(of: receipt)
        let request = replayed ?? numbers.request + 1
        let firstEvent = numbers.event + 1
        for event in receipt.events where try ids.sequence(of: event.id) == nil {
            numbers.event += 1
            try insert(event, of: receipt, request, as: numbers.event)
            ids.add(event.id, numbers.event)
        }
        let events = firstEvent..<numbers.event + 1
        var newFaults = 0
        for fault in receipt.faults where try insert(fault, of: receipt, request) {
            newFaults += 1
        }
        if let replayed {
            try noteReplay(of: replayed, events: events)
            let source = try number(of: SourceName(source: receipt.source, provider: receipt.provider))
            let settledFaults = try settleFaults(of: receipt, source: source)
            return Appended(newEvents: events.count, newFaults: newFaults, settledFaults: settledFaults)
        }
        if events.count + newFaults > 0 {
            try insert(receipt, as: request, events: events)
            try sightings.note(receipt)
            numbers.request = request
        }
        return Appended(newEvents: events.count, newFaults: newFaults)
    }

    private func insert(
        _ event: FrozenEvent, of receipt: Receipt, _ request: Int64, as sequence: Int64
    ) throws(JournalError) {
        let label = try number(of: event.label)
        try insertEvent.bind(sequence, at: 1)
        try insertEvent.bind(event.id, at: 2)
        try insertEvent.bind(request, at: 3)
        try insertEvent.bind(label, at: 4)
        try insertEvent.bind(receipt.receivedAt.microseconds, at: 5)
        try insertEvent.bind(event.subject, at: 6)
        let digest = digester.digest(
            ofEvent: event, label: label, sequence: sequence, receivedAt: receipt.receivedAt)
        try insertEvent.bind(digest, at: 8)
        try insertEvent.run(lending: event.bytes, at: 7)
        chain.add(event: digest)
        added?.append(Entry(sequence: sequence, event: event, receivedAt: receipt.receivedAt))
    }

    /// Whether the fault was new.
    private func insert(_ fault: Fault, of receipt: Receipt, _ request: Int64) throws(JournalError) -> Bool {
        let source = try number(of: SourceName(source: receipt.source, provider: receipt.provider))
        try insertFault.bind(request, at: 1)
        try insertFault.bind(receipt.receivedAt.microseconds, at: 2)
        try insertFault.bind(source, at: 3)
        try insertFault.bind(fault.path, at: 4)
        try insertFault.bind(fault.reason, at: 5)
        try insertFault.bind(receipt.bodyDigest, at: 6)
        try insertFault.run()
        return database.changes > 0
    }

    private func insert(
        _ receipt: Receipt, as request: Int64, events: Range<Int64>
    ) throws(JournalError) {
        let source = try number(of: SourceName(source: receipt.source, provider: receipt.provider))
        let row = RequestRow(receipt, number: request, sourceNumber: source, events: events)
        let digest = digester.digest(of: row)
        try insertRequest.bind(request, at: 1)
        try insertRequest.bind(receipt.requestId, at: 2)
        try insertRequest.bind(receipt.receivedAt.microseconds, at: 3)
        try insertRequest.bind(source, at: 4)
        try insertRequest.bind(events.lowerBound, at: 5)
        try insertRequest.bind(Int64(events.count), at: 6)
        try insertRequest.bind(row.headers, at: 7)
        try insertRequest.bind(receipt.authenticity.method.rawValue, at: 9)
        try insertRequest.bind(receipt.authenticity.key, at: 10)
        try insertRequest.bind(digest, at: 11)
        try insertRequest.run(lending: receipt.body, at: 8)
        chain.add(request: digest)
    }

    // MARK: Short numbers

    private func number(of label: Label) throws(JournalError) -> Int64 {
        if let known = labels[label] { return known }
        let words = [label.type, label.provider, label.channel, label.source]
        let number = try Self.number(of: words, findLabel, insertLabel)
        labels[label] = number
        return number
    }

    private func number(of source: SourceName) throws(JournalError) -> Int64 {
        if let known = sources[source] { return known }
        let number = try Self.number(of: [source.source, source.provider], findSource, insertSource)
        sources[source] = number
        return number
    }

    /// The number of what has these words, which is given one if it has none.
    static func number(
        of words: [String], _ find: borrowing Statement, _ insert: borrowing Statement
    ) throws(JournalError) -> Int64 {
        if let number = try lookUp(words, find) { return number }
        try bind(words, insert)
        try insert.run()
        guard let number = try lookUp(words, find) else { throw .broken("a row that was just written is not there") }
        return number
    }

    private static func lookUp(_ words: [String], _ find: borrowing Statement) throws(JournalError) -> Int64? {
        defer { find.reset() }
        try bind(words, find)
        return try find.row() ? find.integer(0) : nil
    }

    private static func bind(_ words: [String], _ statement: borrowing Statement) throws(JournalError) {
        for (index, word) in words.enumerated() { try statement.bind(word, at: Int32(index + 1)) }
    }
}
