public import Model

/// A look into a journal, beside the process that writes it or without one. It changes nothing.
///
/// Every answer is bounded, and says where the next one goes on.
public final class JournalBrowser: Sendable {
    private let reader: Reader<BrowsingDesk>

    private static let valueBytesMax = 256 << 20
    private static let cacheBytes = 2 << 20

    /// Opens the file for reading. It must be there, and be a journal of a version that is known.
    public init(path: String) throws(JournalError) {
        let path = try JournalFile.find(path)
        let database = try Database.forReading(path, valueBytesMax: Self.valueBytesMax, cacheBytes: Self.cacheBytes)
        do {
            try Schema.inspect(database, isNewestNeeded: true)
        } catch .unusable(let reason) {
            throw .unusable("\(path) cannot be used: \(reason)")
        }
        reader = try Reader(database, thread: "journal-browse") { (database) throws(JournalError) in
            try BrowsingDesk(database, path: path)
        }
    }

    /// Events that answer a query, in its order.
    public func events(_ query: EventQuery = EventQuery()) async throws(JournalError) -> EventPage {
        try await reader.ask { (desk) throws(JournalError) in try desk.events.page(query) }
    }

    /// The event of that id; nil where there is none.
    public func event(_ id: EventID) async throws(JournalError) -> StoredEvent? {
        try await reader.ask { (desk) throws(JournalError) in try desk.events.event(id) }
    }

    /// Events by their numbers, from the first to the last of a range, at most `limit`.
    public func events(numbered range: Range<Int64>, limit: Int = 50) async throws(JournalError) -> [StoredEvent] {
        try await reader.ask { (desk) throws(JournalError) in try desk.events.events(numbered: range, limit: limit) }
    }

    /// Events that hold a text as they are printed, the newest first, before the event of that number: in either case,
    /// where it is of ASCII. One search looks at so many events and no more.
    public func events(
        holding text: String, before start: Int64? = nil, limit: Int = 50
    ) async throws(JournalError) -> EventPage {
        try await reader.ask { (desk) throws(JournalError) in
            let (found, next) = try desk.texts.page(text, before: start ?? .max, limit: limit)
            var events: [StoredEvent] = []
            for number in found { events += try desk.events.events(numbered: number..<number + 1, limit: 1) }
            return EventPage(events: events, next: next)
        }
    }

    /// Events that are about a subject, or have the text for a value anywhere, after the event of that number: one search
    /// looks at so many and no more.
    public func events(mentioning text: String, after sequence: Int64 = 0) async throws(JournalError) -> Mentions {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.mentions.events(mentioning: text, after: sequence)
        }
    }

    /// Requests with something in quarantine whose body has the text in it, after the request of that number.
    public func quarantined(mentioning text: String, after request: Int64 = 0) async throws(JournalError) -> Mentions {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.mentions.quarantined(mentioning: text, after: request)
        }
    }

    /// What became of the event of that number.
    public func history(of sequence: Int64) async throws(JournalError) -> EventHistory {
        try await reader.ask { (desk) throws(JournalError) in try desk.histories.history(of: sequence) }
    }

    /// What is in quarantine, the oldest first, after the item of that number.
    public func quarantine(after id: Int64 = 0, limit: Int = 50) async throws(JournalError) -> QuarantinePage {
        try await reader.ask { (desk) throws(JournalError) in try desk.quarantine(after: id, limit: limit) }
    }

    /// The item of that number; nil where there is none.
    public func quarantined(_ id: Int64) async throws(JournalError) -> QuarantineItem? {
        guard id > 0 else { return nil }
        let page = try await reader.ask { (desk) throws(JournalError) in
            try desk.quarantine(after: id - 1, limit: 1)
        }
        return page.items.first { $0.id == id }
    }

    /// Dead letters of one sink, or of all in the order that the sinks were first seen, by their numbers.
    ///
    /// - Parameter place: where the page before ended; nil begins.
    public func deadLetters(
        of sink: String? = nil, after place: DeadLetter.Place? = nil, limit: Int = 50
    ) async throws(JournalError) -> DeadLetterPage {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.deadLetters(of: sink, after: place, limit: limit)
        }
    }

    /// The request of that id; nil where there is none.
    public func request(_ requestId: EventID) async throws(JournalError) -> StoredRequest? {
        try await reader.ask { (desk) throws(JournalError) in try desk.requests.request(requestId) }
    }

    /// Requests that answer a query, the oldest first.
    public func requests(_ query: RequestQuery = RequestQuery()) async throws(JournalError) -> RequestPage {
        try await reader.ask { (desk) throws(JournalError) in try desk.requests.page(query) }
    }

    /// What vendors send that is not known yet, of one provider or of all, in the order of provider, kind, path and word.
    ///
    /// - Parameter place: where the page before ended; nil begins.
    public func sightings(
        of provider: String? = nil, after place: SightingRecord.Place? = nil, limit: Int = 50
    ) async throws(JournalError) -> SightingPage {
        try await reader.ask { (desk) throws(JournalError) in
            try desk.sightings(of: provider, after: place, limit: limit)
        }
    }

    /// Every sink that ever recorded anything, by name.
    public func sinks() async throws(JournalError) -> [SinkState] {
        try await reader.ask { (desk) throws(JournalError) in try desk.sinks() }
    }

    /// How much there is of everything, found without counting row by row.
    public func counts() async throws(JournalError) -> JournalCounts {
        try await reader.ask { (desk) throws(JournalError) in try desk.counts() }
    }

    /// Closes the file and ends the thread. Nothing may be asked of it afterwards.
    public func close() async {
        await reader.close()
    }
}
