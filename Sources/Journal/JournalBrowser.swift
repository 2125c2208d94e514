public import Model

/// A look into a journal, beside the processes that write it or without one. It changes nothing.
///
/// Every answer is bounded, and says where the next one goes on.
public protocol JournalBrowser: Sendable {
    /// Events that answer a query, in its order.
    func events(_ query: EventQuery) async throws(JournalError) -> EventPage

    /// The event of that id; nil where there is none.
    func event(_ id: EventID) async throws(JournalError) -> StoredEvent?

    /// Events by their numbers, from the first to the last of a range, at most `limit`.
    func events(numbered range: Range<Int64>, limit: Int) async throws(JournalError) -> [StoredEvent]

    /// Events that hold a text as they are printed, the newest first, before the event of that number: in either case,
    /// where it is of ASCII. One search looks at so many events and no more.
    func events(holding text: String, before start: Int64?, limit: Int) async throws(JournalError) -> EventPage

    /// Events that are about a subject, or have the text for a value anywhere, after the event of that number: one search
    /// looks at so many and no more.
    func events(mentioning text: String, after sequence: Int64) async throws(JournalError) -> Mentions

    /// Requests with something in quarantine whose body has the text in it, after the request of that number.
    func quarantined(mentioning text: String, after request: Int64) async throws(JournalError) -> Mentions

    /// What became of the event of that number.
    func history(of sequence: Int64) async throws(JournalError) -> EventHistory

    /// What is in quarantine, the oldest first, after the item of that number.
    func quarantine(after id: Int64, limit: Int) async throws(JournalError) -> QuarantinePage

    /// The item of that number; nil where there is none.
    func quarantined(_ id: Int64) async throws(JournalError) -> QuarantineItem?

    /// Dead letters of one sink, or of all in an order of the sinks that stays, by their numbers.
    ///
    /// - Parameter place: where the page before ended; nil begins.
    func deadLetters(
        of sink: String?, after place: DeadLetter.Place?, limit: Int
    ) async throws(JournalError) -> DeadLetterPage

    /// The request of that id; nil where there is none.
    func request(_ requestId: EventID) async throws(JournalError) -> StoredRequest?

    /// The request that brought an event; nil where it is no longer kept.
    func request(of event: StoredEvent) async throws(JournalError) -> StoredRequest?

    /// Requests that answer a query, the oldest first.
    func requests(_ query: RequestQuery) async throws(JournalError) -> RequestPage

    /// What vendors send that is not known yet, of one provider or of all, in the order of provider, kind, path and word.
    ///
    /// - Parameter place: where the page before ended; nil begins.
    func sightings(
        of provider: String?, after place: SightingRecord.Place?, limit: Int
    ) async throws(JournalError) -> SightingPage

    /// Every sink that ever recorded anything, by name.
    func sinks() async throws(JournalError) -> [SinkState]

    /// How much there is of everything, found without counting row by row.
    func counts() async throws(JournalError) -> JournalCounts

    /// Lets go of the journal. Nothing may be asked of it afterwards.
    func close() async
}

/// What is asked for without saying more.
extension JournalBrowser {
    /// The newest events.
    public func events() async throws(JournalError) -> EventPage {
        try await events(EventQuery())
    }

    /// As many events of a range as one answer has unless it is told.
    public func events(numbered range: Range<Int64>) async throws(JournalError) -> [StoredEvent] {
        try await events(numbered: range, limit: 50)
    }

    /// The newest that hold a text.
    public func events(
        holding text: String, before start: Int64? = nil
    ) async throws(JournalError) -> EventPage {
        try await events(holding: text, before: start, limit: 50)
    }

    /// The oldest that mention a text.
    public func events(mentioning text: String) async throws(JournalError) -> Mentions {
        try await events(mentioning: text, after: 0)
    }

    /// The oldest of quarantine that mention a text.
    public func quarantined(mentioning text: String) async throws(JournalError) -> Mentions {
        try await quarantined(mentioning: text, after: 0)
    }

    /// What is in quarantine from some number on.
    public func quarantine(after id: Int64 = 0) async throws(JournalError) -> QuarantinePage {
        try await quarantine(after: id, limit: 50)
    }

    /// Dead letters from their first on.
    public func deadLetters(of sink: String? = nil, limit: Int = 50) async throws(JournalError) -> DeadLetterPage {
        try await deadLetters(of: sink, after: nil, limit: limit)
    }

    /// The oldest requests.
    public func requests() async throws(JournalError) -> RequestPage {
        try await requests(RequestQuery())
    }

    /// What is not known yet, from the first on.
    public func sightings(
        of provider: String? = nil, limit: Int = 50
    ) async throws(JournalError) -> SightingPage {
        try await sightings(of: provider, after: nil, limit: limit)
    }
}
