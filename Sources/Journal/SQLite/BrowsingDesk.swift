import Model

/// What an operator asks of a journal.
final class BrowsingDesk {
    let events: EventSearch
    let requests: RequestSearch
    let texts: TextSearch
    let mentions: MentionSearch
    let histories: HistorySearch
    private let labels: LabelShelf
    private let path: String
    private let findQuarantine: Statement
    private let findDeadLetters: Statement
    private let findSightings: Statement
    private let findSinks: Statement
    private let findCounts: Statement

    /// How many rows one answer holds at most, whatever was asked for.
    static let rowsMax = 1_000
    /// How many bytes of bodies one answer holds, unless its first row has more.
    static let answerBytesMax = 8 << 20

    init(_ database: Database, path: String) throws(JournalError) {
        self.path = path
        labels = try LabelShelf(database)
        events = try EventSearch(database)
        requests = try RequestSearch(database)
        mentions = try MentionSearch(database)
        histories = try HistorySearch(database)
        texts = try TextSearch(database)
        findQuarantine = try database.prepare(
            """
            SELECT q.id, q.at_us, s.source, s.provider, q.path, q.reason, r.request_id, r.body
            FROM quarantine q JOIN sources s ON s.id = q.source JOIN requests r ON r.id = q.request
            WHERE q.id > ?1 ORDER BY q.id LIMIT ?2
            """)
        findDeadLetters = try database.prepare(
            """
            SELECT e.sequence, e.id, e.label, e.received_us, e.subject, e.body, s.name, d.attempts, d.at_us, d.reason
            FROM dead_letters d JOIN events e ON e.sequence = d.sequence JOIN sinks s ON s.id = d.sink
            WHERE (?1 IS NULL OR s.name = ?1)
            AND (d.sink, d.sequence) > (coalesce((SELECT id FROM sinks WHERE name = ?2), 0), ?3)
            ORDER BY d.sink, d.sequence LIMIT ?4
            """)
        findSightings = try database.prepare(
            """
            SELECT provider, kind, path, word, first_us, last_us, count, request_id FROM sightings
            WHERE (provider, kind, path, word) > (?1, ?2, ?3, ?4) AND (?5 IS NULL OR provider = ?5)
            ORDER BY provider, kind, path, word LIMIT ?6
            """)
        findSinks = try database.prepare(
            """
            SELECT s.name, s.cursor, (SELECT newest_event FROM counters),
            (SELECT count(*) FROM retries r WHERE r.sink = s.id),
            (SELECT count(*) FROM dead_letters d WHERE d.sink = s.id),
            halt_reason, halted_us, down_until_us, probes_failed
            FROM sinks s ORDER BY s.name LIMIT ?1
            """)
        // The oldest go first, but for those that are still wanted: near enough not to count rows one by one.
        findCounts = try database.prepare(
            """
            SELECT (SELECT coalesce(max(sequence), 0) FROM events) - (SELECT coalesce(min(sequence), 1) FROM events) + 1,
            (SELECT coalesce(max(id), 0) FROM requests) - (SELECT coalesce(min(id), 1) FROM requests) + 1,
            (SELECT count(*) FROM quarantine), newest_event, sightings_left_out FROM counters
            """)
    }

    func quarantine(after id: Int64, limit: Int) throws(JournalError) -> QuarantinePage {
        let rows = Self.rows(limit)
        try findQuarantine.bind(id, at: 1)
        try findQuarantine.bind(rows + 1, at: 2)
        defer { findQuarantine.reset() }
        var items: [QuarantineItem] = []
        var bytes = 0
        while try findQuarantine.row() {
            guard items.count < rows, bytes < Self.answerBytesMax else {
                return QuarantinePage(items: items, next: items.last?.id)
            }
            let item = QuarantineItem(
                id: findQuarantine.integer(0), at: findQuarantine.instant(1), source: findQuarantine.text(2) ?? "",
                provider: findQuarantine.text(3) ?? "",
                fault: Fault(path: findQuarantine.text(4) ?? "", reason: findQuarantine.text(5) ?? ""),
                requestId: try findQuarantine.id(6), body: findQuarantine.bytes(7))
            bytes += item.body.count
            items.append(item)
        }
        return QuarantinePage(items: items, next: nil)
    }

    func deadLetters(
        of sink: String?, after place: DeadLetter.Place?, limit: Int
    ) throws(JournalError) -> DeadLetterPage {
        let rows = Self.rows(limit)
        try findDeadLetters.bind(sink, at: 1)
        try findDeadLetters.bind(place?.sink, at: 2)
        try findDeadLetters.bind(place?.sequence ?? 0, at: 3)
        try findDeadLetters.bind(rows + 1, at: 4)
        defer { findDeadLetters.reset() }
        var letters: [DeadLetter] = []
        var bytes = 0
        while try findDeadLetters.row() {
            guard letters.count < rows, bytes < Self.answerBytesMax else {
                return DeadLetterPage(letters: letters, next: letters.last?.place)
            }
            let entry = try labels.entry(in: findDeadLetters)
            bytes += entry.event.bytes.count
            letters.append(
                DeadLetter(
                    sink: findDeadLetters.text(6) ?? "", entry: entry,
                    attempts: Int(clamping: findDeadLetters.integer(7)), at: findDeadLetters.instant(8),
                    reason: findDeadLetters.text(9) ?? ""))
        }
        return DeadLetterPage(letters: letters, next: nil)
    }

    func sightings(
        of provider: String?, after place: SightingRecord.Place?, limit: Int
    ) throws(JournalError) -> SightingPage {
        let rows = Self.rows(limit)
        try findSightings.bind(place?.provider ?? "", at: 1)
        try findSightings.bind(place?.sighting.kind.rawValue ?? "", at: 2)
        try findSightings.bind(place?.sighting.path ?? "", at: 3)
        try findSightings.bind(place?.sighting.word ?? "", at: 4)
        try findSightings.bind(provider, at: 5)
        try findSightings.bind(rows + 1, at: 6)
        defer { findSightings.reset() }
        var records: [SightingRecord] = []
        while try findSightings.row() {
            guard records.count < rows else { return SightingPage(records: records, next: records.last?.place) }
            guard let kind = findSightings.text(1).flatMap({ Sighting.Kind(rawValue: $0) }) else {
                throw .broken("a sighting is of a kind that there is not")
            }
            records.append(
                SightingRecord(
                    provider: findSightings.text(0) ?? "",
                    sighting: Sighting(
                        kind: kind, path: findSightings.text(2) ?? "", word: findSightings.text(3) ?? ""),
                    first: findSightings.instant(4), last: findSightings.instant(5), count: findSightings.integer(6),
                    requestId: try findSightings.id(7)))
        }
        return SightingPage(records: records, next: nil)
    }

    func sinks() throws(JournalError) -> [SinkState] {
        try findSinks.bind(Int64(Self.rowsMax), at: 1)
        defer { findSinks.reset() }
        var sinks: [SinkState] = []
        while try findSinks.row() {
            sinks.append(
                SinkState(
                    name: findSinks.text(0) ?? "", cursor: findSinks.integer(1), newest: findSinks.integer(2),
                    retries: findSinks.integer(3), deadLetters: findSinks.integer(4), halt: findSinks.halt(5),
                    outage: findSinks.outage(7)))
        }
        return sinks
    }

    func counts() throws(JournalError) -> JournalCounts {
        defer { findCounts.reset() }
        guard try findCounts.row() else { throw .broken("the counters are gone") }
        return JournalCounts(
            events: findCounts.integer(0), requests: findCounts.integer(1), quarantine: findCounts.integer(2),
            sightingsLeftOut: findCounts.integer(4), newest: findCounts.integer(3))
    }

    /// As many rows as were asked for, within bounds.
    static func rows(_ limit: Int) -> Int64 {
        Int64(min(max(0, limit), rowsMax))
    }
}
