internal import Journal
public import Model

/// Has events sent again, whatever became of them: the same ids, the same bytes.
///
/// All conditions hold at once. What a sink has not come to yet is left out, for it will be sent anyway; so is what its
/// filter does not let through.
public struct ReplayAction: Action {
    public static let name = "replay"

    /// Only to this sink; without it, to each that is configured.
    public var sink: String?
    /// These events.
    public var ids: [EventID]?
    /// Only events from this number on.
    public var from: Int64?
    /// Only events up to this number.
    public var through: Int64?
    /// Only events received then or later.
    public var since: Instant?
    /// Only events received before.
    public var until: Instant?
    /// Only what the sink was not given.
    public var deadLetters: Bool?
    /// Counts them, and changes nothing.
    public var dryRun: Bool?
    /// Stops for each sink when about so many were looked at; ``Share/next`` is where to go on. Without it all are done, and
    /// with 0 none: then ``Share/left`` tells how much there is. Where ids are given it means nothing.
    public var limit: Int?

    public struct Outcome: Codable, Sendable, Equatable {
        public var sinks: [Share] = []
    }

    /// What came of it for one sink.
    public struct Share: Codable, Sendable, Equatable {
        public let sink: String
        public var events = 0
        /// The number of the first of them.
        public var first: Int64?
        public var last: Int64?
        /// The `from` of another replay, to this sink, that does what is left; nil where nothing is.
        public var next: Int64?
        /// How far it came and how far it still has to go, for whoever wants to know how long that takes: in numbers of
        /// events, meant or not, or in dead letters. What is left is known of a replay from its beginning alone.
        public var passed: Int64?
        public var left: Int64?
    }

    public init(
        sink: String? = nil, ids: [EventID]? = nil, from: Int64? = nil, through: Int64? = nil, since: Instant? = nil,
        until: Instant? = nil, deadLetters: Bool? = nil, dryRun: Bool? = nil, limit: Int? = nil
    ) {
        self.sink = sink
        self.ids = ids
        self.from = from
        self.through = through
        self.since = since
        self.until = until
        self.deadLetters = deadLetters
        self.dryRun = dryRun
        self.limit = limit
    }

    /// Whether anything says which events are meant.
    public var isNarrowed: Bool {
        ids != nil || from != nil || through != nil || since != nil || until != nil || deadLetters == true
    }

    public func perform(in context: ActionContext) async throws(ActionFault) -> Outcome {
        guard isNarrowed else { throw .refused("it does not say which events: all of them are those from number 1 on") }
        if let from, from < 1 { throw .refused("`from` is a number from 1 on") }
        let configured = await context.configuration().sinks
        let chosen = configured.filter { sink == nil || $0.name == sink }
        if let sink, chosen.isEmpty { throw .refused("no sink `\(sink)` is configured") }
        let states = try await context.ask { (browser) throws(JournalError) in try await browser.sinks() }
        var outcome = Outcome()
        for sink in chosen {
            let state = states.first { $0.name == sink.name }
            let run = ReplayRun(
                action: self, sink: sink.name, filter: sink.filter, cursor: state?.cursor ?? 0,
                deadLetters: state?.deadLetters ?? 0, context: context)
            outcome.sinks.append(try await run.perform())
        }
        return outcome
    }
}

/// A replay to one sink.
private struct ReplayRun {
    /// So many go into one transaction.
    private static let pageMax = 500

    let action: ReplayAction
    let sink: String
    let filter: EntryFilter
    let cursor: Int64
    let deadLetters: Int64
    let context: ActionContext

    func perform() async throws(ActionFault) -> ReplayAction.Share {
        var share = ReplayAction.Share(sink: sink)
        if let ids = action.ids {
            try await replay(named(ids), into: &share)
        } else if action.deadLetters == true {
            try await replayDeadLetters(into: &share)
        } else {
            try await replayRange(into: &share)
        }
        return share
    }

    private func named(_ ids: [EventID]) async throws(ActionFault) -> [Entry] {
        var dead: Set<Int64>?
        if action.deadLetters == true {
            var found: Set<Int64> = []
            try await eachDeadLetter { (letters) throws(ActionFault) in
                found.formUnion(letters.map(\.sequence))
                return true
            }
            dead = found
        }
        var entries: [Entry] = []
        for id in ids {
            let event = try await context.ask { (browser) throws(JournalError) in try await browser.event(id) }
            guard let event else { throw .refused("there is no event \(id)") }
            if dead?.contains(event.entry.sequence) ?? true { entries.append(event.entry) }
        }
        return entries
    }

    private func replayDeadLetters(into share: inout ReplayAction.Share) async throws(ActionFault) {
        var sum = share
        var left = action.limit ?? .max
        var passed: Int64 = 0
        guard left > 0 else {
            (share.next, share.passed, share.left) = (action.from ?? 1, 0, deadLetters)
            return
        }
        let next = try await eachDeadLetter { (letters) throws(ActionFault) in
            try await replay(letters, into: &sum)
            left -= letters.count
            passed += Int64(letters.count)
            return left > 0
        }
        share = sum
        share.next = next.map { $0.sequence + 1 }
        share.passed = passed
        share.left = next == nil ? 0 : max(0, deadLetters - passed)
    }

    /// Hands over the dead letters page by page, as long as more are wanted.
    /// - Returns: the last one that was handed over; nil where none are left.
    @discardableResult
    private func eachDeadLetter(
        _ body: ([Entry]) async throws(ActionFault) -> Bool
    ) async throws(ActionFault) -> DeadLetter.Place? {
        var next = action.from.map { DeadLetter.Place(sink: sink, sequence: $0 - 1) }
        repeat {
            let place = next
            let page = try await context.ask { (browser) throws(JournalError) in
                try await browser.deadLetters(of: sink, after: place, limit: Self.pageMax)
            }
            next = page.next
            guard try await body(page.letters.map(\.entry)) else { break }
        } while next != nil
        return next
    }

    private func replayRange(into share: inout ReplayAction.Share) async throws(ActionFault) {
        let start = (action.from ?? 1) - 1
        let end = max(start, min(cursor, action.through ?? .max))
        var query = EventQuery(
            from: start, order: .oldestFirst, filter: filter, since: action.since, until: action.until,
            limit: Self.pageMax)
        var left = action.limit ?? .max
        (share.passed, share.left) = (end - start, 0)
        while let from = query.from, from < end {
            guard left > 0 else {
                share.next = from + 1
                (share.passed, share.left) = (from - start, end - from)
                return
            }
            let page = query
            let found = try await context.ask { (browser) throws(JournalError) in try await browser.events(page) }
            try await replay(found.events.map(\.entry), into: &share)
            left -= found.events.count
            query.from = found.next
        }
    }

    /// Sends those again that all conditions hold for.
    private func replay(_ entries: [Entry], into share: inout ReplayAction.Share) async throws(ActionFault) {
        let meant = entries.filter(isMeant).map(\.sequence)
        guard let least = meant.min(), let most = meant.max() else { return }
        share.events += meant.count
        share.first = min(share.first ?? least, least)
        share.last = max(share.last ?? most, most)
        guard action.dryRun != true else { return }
        let steps = Steps(at: context.time.now(), replayed: meant)
        try await context.write { (journal) throws(JournalError) in try await journal.instruct(steps, for: sink) }
        await context.tell(SinkWord(.lookAgain, to: sink))
    }

    private func isMeant(_ entry: Entry) -> Bool {
        entry.sequence <= cursor && entry.sequence >= action.from ?? .min && entry.sequence <= action.through ?? .max
            && entry.receivedAt >= action.since ?? Instant(microseconds: .min)
            && entry.receivedAt < action.until ?? Instant(microseconds: .max) && filter.matches(entry.event.label)
    }
}
