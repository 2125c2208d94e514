public import Model

/// A look into a journal that is a file, beside the process that writes it or without one.
public final class SQLiteBrowser: JournalBrowser {
    private let reader: Reader<BrowsingDesk>

    private static let valueBytesMax = 256 << 20
    private static let cacheBytes = 2 << 20

    /// Opens the file for reading. It must be there, and be a journal of a version that is known.
    public convenience init(path: String) throws(JournalError) {
        try self.init(path: path, notesDamage: false)
    }

    /// - Parameter notesDamage: whether pages that turn out to be damaged are noted, for the next start to mend. Only the
    ///   process that writes the file has reason to.
    init(path: String, notesDamage: Bool) throws(JournalError) {
        let path = try JournalFile.find(path)
        let database = try Database.forReading(path, valueBytesMax: Self.valueBytesMax, cacheBytes: Self.cacheBytes)
        if notesDamage { database.damageNote = DamageNote(for: path) }
        do {
            try Schema.inspect(database, isNewestNeeded: true)
        } catch .unusable(let reason) {
            throw .unusable("\(path) cannot be used: \(reason)")
        }
        reader = try Reader(database, thread: "journal-browse") { (database) throws(JournalError) in
            try BrowsingDesk(database, path: path)
        }
    }

    public func events(_ query: EventQuery) async throws(JournalError) -> EventPage {
        try await reader.ask { (desk) throws(JournalError) in try desk.events.page(query) }
    }

    public func event(_ id: EventID) async throws(JournalError) -> StoredEvent? {
        try await reader.ask { (desk) throws(JournalError) in try desk.events.event(id) }
    }

    public func events(numbered range: Range<Int64>, limit: Int) async throws(JournalError) -> [StoredEvent] {
        try await reader.ask { (desk) throws(JournalError) in try desk.events.events(numbered: range, limit: limit) }
    }

    public func events(
        holding text: String, before start: Int64?, limit: Int
    ) async throws(JournalError) -> EventPage {
        try await reader.ask { (desk) throws(JournalError) in
            let (found, next) = try desk.texts.page(text, before: start ?? .max, limit: limit)
            var events: [StoredEvent] = []
            for number in found { events += try desk.events.events(numbered: number..<number + 1, limit: 1) }
            return EventPage(events: events, next: next)
        }
    }

    public func events(mentioning text: String, after sequence: Int64) async throws(JournalError) -> Mentions {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.mentions.events(mentioning: text, after: sequence)
        }
    }

    public func quarantined(mentioning text: String, after request: Int64) async throws(JournalError) -> Mentions {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.mentions.quarantined(mentioning: text, after: request)
        }
    }

    public func history(of sequence: Int64) async throws(JournalError) -> EventHistory {
        try await reader.ask { (desk) throws(JournalError) in try desk.histories.history(of: sequence) }
    }

    public func quarantine(after id: Int64, limit: Int) async throws(JournalError) -> QuarantinePage {
        try await reader.ask { (desk) throws(JournalError) in try desk.quarantine(after: id, limit: limit) }
    }

    public func quarantined(_ id: Int64) async throws(JournalError) -> QuarantineItem? {
        guard id > 0 else { return nil }
        let page = try await reader.ask { (desk) throws(JournalError) in
            try desk.quarantine(after: id - 1, limit: 1)
        }
        return page.items.first { $0.id == id }
    }

    public func deadLetters(
        of sink: String?, after place: DeadLetter.Place?, limit: Int
    ) async throws(JournalError) -> DeadLetterPage {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.deadLetters(of: sink, after: place, limit: limit)
        }
    }

    public func request(of event: StoredEvent) async throws(JournalError) -> StoredRequest? {
        guard let id = event.requestId else { return nil }
        return try await request(id)
    }

    public func request(_ requestId: EventID) async throws(JournalError) -> StoredRequest? {
        try await reader.ask { (desk) throws(JournalError) in try desk.requests.request(requestId) }
    }

    public func requests(_ query: RequestQuery) async throws(JournalError) -> RequestPage {
        try await reader.ask { (desk) throws(JournalError) in try desk.requests.page(query) }
    }

    public func sightings(
        of provider: String?, after place: SightingRecord.Place?, limit: Int
    ) async throws(JournalError) -> SightingPage {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.sightings(of: provider, after: place, limit: limit)
        }
    }

    public func sinks() async throws(JournalError) -> [SinkState] {
        try await reader.ask { (desk) throws(JournalError) in try desk.sinks() }
    }

    public func counts() async throws(JournalError) -> JournalCounts {
        try await reader.ask { (desk) throws(JournalError) in try desk.counts() }
    }

    func ask<Answer: Sendable>(
        _ question: @Sendable (BrowsingDesk) throws(JournalError) -> Answer
    ) async throws(JournalError) -> Answer {
        try await reader.ask(question)
    }

    public func close() async {
        await reader.close()
    }
}
