public import Model
internal import NATS
internal import Wire

/// A look into a journal that is a log, from wherever its servers can be reached.
///
/// There is no index but the subjects: an event is found by its id at once, and all else by reading on from some place.
public final class NATSBrowser: JournalBrowser {
    let log: Log
    /// Whether the connection is nobody else's.
    private let ownsClient: Bool

    /// How many messages one search looks at, and how many bytes of them.
    static let lookedAtMax = 5_000
    static let bytesLookedAtMax = 64 << 20
    /// How many bytes of bodies one answer holds, unless its first item has more.
    static let answerBytesMax = 8 << 20
    /// So many numbers are looked through at once on the way from the newest to the oldest.
    private static let windowMax: Int64 = 1_000
    /// Times of receipt rise with the numbers, but for requests that overtook each other and clocks that differ.
    static let overtakingMs: Int64 = 3_600_000

    /// - Throws: ``JournalError/unusable(_:)`` where there is no such log, or no server answers.
    public static func open(_ settings: NATSJournal.Settings) async throws(JournalError) -> NATSBrowser {
        let log = Log(
            client: NATSClient(settings.servers), names: LogNames(stream: settings.stream), settings: settings)
        let browser = NATSBrowser(log, ownsClient: true)
        do throws(JournalError) {
            try await browser.check()
            return browser
        } catch {
            await browser.close()
            throw error
        }
    }

    init(_ log: Log, ownsClient: Bool) {
        self.log = log
        self.ownsClient = ownsClient
    }

    private func check() async throws(JournalError) {
        let found = try await LogStreams(log: log).weaknessesOnceReachable()
        if let refusal = found.first(where: { $0.isFatal || $0.isMissing }) { throw .unusable(refusal.words) }
    }

    public func close() async {
        if ownsClient { await log.client.close() }
    }

    /// As many as were asked for, within bounds.
    static func rows(_ limit: Int) -> Int { min(max(0, limit), 1_000) }

    // MARK: Events

    public func events(_ query: EventQuery) async throws(JournalError) -> EventPage {
        switch query.order {
        case .oldestFirst: try await forward(query)
        case .newestFirst:
            try await backward(from: query.from, limit: query.limit, since: query.since) { passes($0, query) }
        }
    }

    private func passes(_ event: StoredEvent, _ query: EventQuery) -> Bool {
        let entry = event.entry
        return query.filter.matches(entry.event.label) && entry.receivedAt >= query.since ?? entry.receivedAt
            && (query.until.map { entry.receivedAt < $0 } ?? true)
            && (query.subject == nil || entry.event.subject == query.subject)
    }

    private func forward(_ query: EventQuery) async throws(JournalError) -> EventPage {
        let limit = Self.rows(query.limit)
        // Where nothing else says where to begin, the servers know what they were given when.
        let early = query.since?.advanced(byMilliseconds: -Self.overtakingMs)
        let start = early.flatMap { query.from ?? 0 == 0 ? LogScan.Start.time($0) : nil }
        let page = try await log.scan(log.names.events).page(
            from: start ?? .number((query.from ?? 0) + 1), limit: Self.lookedAtMax, bytesMax: Self.bytesLookedAtMax)
        let latest = query.until?.advanced(byMilliseconds: Self.overtakingMs)
        var found: [StoredEvent] = []
        var bytes = 0
        for message in page.messages {
            guard found.count < limit, bytes < Self.answerBytesMax else {
                return EventPage(events: found, next: message.sequence - 1)
            }
            guard let event = Self.event(message) else { continue }
            if let latest, event.entry.receivedAt >= latest { return EventPage(events: found, next: nil) }
            guard passes(event, query) else { continue }
            bytes += event.entry.event.bytes.count
            found.append(event)
        }
        return EventPage(events: found, next: page.isEnd ? nil : page.through)
    }

    /// From the newest to the oldest, window by window, since a stream is read in its order alone.
    private func backward(
        from start: Int64?, limit: Int, since: Instant?, where isWanted: (StoredEvent) -> Bool
    ) async throws(JournalError) -> EventPage {
        let limit = Self.rows(limit)
        let (first, last) = try await log.bounds()
        var end = min(start ?? .max, last + 1)
        let oldest = since?.advanced(byMilliseconds: -Self.overtakingMs)
        var found: [StoredEvent] = []
        var bytes = 0
        var lookedAt: Int64 = 0
        while end > first, lookedAt < Self.lookedAtMax {
            let begin = max(first, end - Self.windowMax)
            let window = try await window(begin, end)
            for message in window.reversed() {
                guard found.count < limit, bytes < Self.answerBytesMax else {
                    return EventPage(events: found, next: message.sequence + 1)
                }
                guard let event = Self.event(message) else { continue }
                if let oldest, event.entry.receivedAt < oldest { return EventPage(events: found, next: nil) }
                guard isWanted(event) else { continue }
                bytes += event.entry.event.bytes.count
                found.append(event)
            }
            lookedAt += end - begin
            end = begin
        }
        return EventPage(events: found, next: end > first ? end : nil)
    }

    /// All events with numbers from one to before another.
    private func window(_ begin: Int64, _ end: Int64) async throws(JournalError) -> [Log.Stored] {
        var messages: [Log.Stored] = []
        var start = begin
        while start < end {
            let page = try await log.scan(log.names.events).page(
                from: .number(start), before: end, limit: Int(Self.windowMax))
            messages += page.messages
            guard !page.isEnd, let through = page.through else { return messages }
            start = through + 1
        }
        return messages
    }

    static func event(_ stored: Log.Stored) -> StoredEvent? {
        guard let record = LogRecord(stored), let entry = record.entry else { return nil }
        return StoredEvent(entry: entry, requestId: record.requestId)
    }

    public func event(_ id: EventID) async throws(JournalError) -> StoredEvent? {
        try await log.last(log.names.event(id), in: log.names.stream).flatMap { Self.event($0) }
    }

    public func events(numbered range: Range<Int64>, limit: Int) async throws(JournalError) -> [StoredEvent] {
        guard range.count > 1 else {
            guard let number = range.first, limit > 0 else { return [] }
            return try await log.message(number, in: log.names.stream).flatMap { Self.event($0) }.map { [$0] } ?? []
        }
        let page = try await log.scan(log.names.events).page(
            from: .number(range.lowerBound), before: range.upperBound, limit: Self.rows(limit))
        return page.messages.compactMap { Self.event($0) }
    }

    // MARK: What stands in them

    public func events(holding text: String, before start: Int64?, limit: Int) async throws(JournalError) -> EventPage {
        let spelled = ASCIICase.lowered(Array(Verbatim.string(text).json.dropFirst().dropLast()))
        return try await backward(from: start, limit: limit, since: nil) { event in
            ASCIICase.lowered(event.entry.event.bytes).contains(spelled)
        }
    }

    public func events(mentioning text: String, after sequence: Int64) async throws(JournalError) -> Mentions {
        let value = Verbatim.string(text).json
        let page = try await log.scan(log.names.events).page(
            from: .number(sequence + 1), limit: Self.lookedAtMax, bytesMax: Self.bytesLookedAtMax)
        var mentions = Mentions()
        for message in page.messages {
            guard let entry = Self.event(message)?.entry else { continue }
            if entry.event.subject == text || entry.event.bytes.contains(value) {
                mentions.events.append(entry.sequence)
            }
        }
        mentions.next = page.isEnd ? nil : page.through
        return mentions
    }

    public func quarantined(mentioning text: String, after request: Int64) async throws(JournalError) -> Mentions {
        let spelled = Array(MentionSpelling.inBodies(text).utf8)
        let page = try await log.scan(log.names.faults).page(
            from: .number(request + 1), limit: Self.lookedAtMax, bytesMax: Self.bytesLookedAtMax)
        var mentions = Mentions()
        for message in page.messages {
            guard let record = LogRecord(message), let body = try await log.whole(of: record)?.body else { continue }
            if ASCIICase.lowered(body).contains(spelled) { mentions.requests.append(record.sequence) }
        }
        mentions.next = page.isEnd ? nil : page.through
        return mentions
    }

    // MARK: Requests

    public func request(of event: StoredEvent) async throws(JournalError) -> StoredRequest? {
        guard let stored = try await log.message(event.entry.sequence, in: log.names.stream),
            let record = LogRecord(stored)
        else { return nil }
        return try await log.request(of: record)
    }

    /// An id begins with the time of receipt, and what came at a time is found by it; the rest of the log is read where it
    /// came much later than it was received.
    public func request(_ requestId: EventID) async throws(JournalError) -> StoredRequest? {
        let receivedAt = Instant(microseconds: Int64(requestId.high >> 16) * 1_000)
        let near = LogScan.Start.time(receivedAt.advanced(byMilliseconds: -2_000))
        if let found = try await request(requestId, from: near, pagesMax: 4) { return found }
        return try await request(requestId, from: .number(1), pagesMax: .max)
    }

    private func request(
        _ requestId: EventID, from start: LogScan.Start, pagesMax: Int
    ) async throws(JournalError) -> StoredRequest? {
        var start = start
        for _ in 0..<pagesMax {
            let page = try await log.scan("\(log.names.stream).>").page(
                from: start, limit: Self.lookedAtMax, bytesMax: Self.bytesLookedAtMax)
            for message in page.messages {
                guard let record = LogRecord(message), record.requestId == requestId else { continue }
                return try await log.request(of: record)
            }
            guard !page.isEnd, let through = page.through else { return nil }
            start = .number(through + 1)
        }
        return nil
    }

    public func requests(_ query: RequestQuery) async throws(JournalError) -> RequestPage {
        let filter = query.onlyQuarantined ? log.names.faults : "\(log.names.stream).>"
        let early = query.since?.advanced(byMilliseconds: -Self.overtakingMs)
        let start = early.flatMap { query.from ?? 0 == 0 ? LogScan.Start.time($0) : nil }
        let page = try await log.scan(filter).page(
            from: start ?? .number((query.from ?? 0) + 1), limit: Self.lookedAtMax, bytesMax: Self.bytesLookedAtMax)
        let limit = Self.rows(query.limit)
        var found: [StoredRequest] = []
        var bytes = 0
        for message in page.messages {
            guard found.count < limit, bytes < Self.answerBytesMax else {
                return RequestPage(requests: found, next: message.sequence - 1)
            }
            guard let record = LogRecord(message), passes(record, query), try await isFirst(record, query),
                let request = try await log.request(of: record)
            else { continue }
            bytes += request.body.count
            found.append(request)
        }
        return RequestPage(requests: found, next: page.isEnd ? nil : page.through)
    }

    private func passes(_ record: LogRecord, _ query: RequestQuery) -> Bool {
        record.source == query.source ?? record.source && record.provider == query.provider ?? record.provider
            && record.receivedAt >= query.since ?? record.receivedAt
            && (query.until.map { record.receivedAt < $0 } ?? true)
    }

    /// Whether a request is to be told at this message of it, so that it is told once.
    private func isFirst(_ record: LogRecord, _ query: RequestQuery) async throws(JournalError) -> Bool {
        guard query.onlyQuarantined else { return record.whole != nil }
        let all = log.names.faults(source: record.source, bodyDigest: record.bodyDigest)
        return try await log.next(all, from: 1, in: log.names.stream)?.sequence == record.sequence
    }
}
