internal import Journal
internal import Wire

/// Takes away what the journal holds of a person, and keeps that it did.
///
/// What was delivered already is not the journal's: files and receivers have it still. What is on its way to a sink at
/// this moment may still arrive.
public struct EraseAction: Action {
    public static let name = "erase"

    /// The address, spelt as events have it.
    public var subject: String

    public struct Outcome: Codable, Sendable, Equatable {
        public let events: Int64
        public let requests: Int64
        /// Items of the quarantine.
        public let faults: Int64
        /// Whether nothing of it is left in the write-ahead log either; where not, that takes minutes.
        public let isLogEmpty: Bool
        /// Sinks that write files, which keep what they were given.
        public let fileSinks: [String]
    }

    public init(subject: String) {
        self.subject = subject
    }

    public func perform(in context: ActionContext) async throws(ActionFault) -> Outcome {
        guard subject.count >= 3 else { throw .refused("that is not an address: it would be found everywhere") }
        var erased = Erased()
        try await erase(from: context, into: &erased) { (browser, last) throws(JournalError) in
            try await browser.events(mentioning: subject, after: last)
        }
        try await erase(from: context, into: &erased) { (browser, last) throws(JournalError) in
            try await browser.quarantined(mentioning: subject, after: last)
        }
        var system = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &system) }
        let record = ErasureRecord(
            at: context.time.now(), salt: salt, subjectDigest: Digest.sha256(salt + Array(subject.utf8)),
            erased: erased)
        let isLogEmpty = try await context.write { (journal) throws(JournalError) in try await journal.note(record) }
        return Outcome(
            events: erased.events, requests: erased.requests, faults: erased.faults, isLogEmpty: isLogEmpty,
            fileSinks: await context.configuration().sinks.filter { $0.filePath != nil }.map(\.name))
    }

    private func erase(
        from context: ActionContext, into erased: inout Erased,
        finding find: (any JournalBrowser, Int64) async throws(JournalError) -> Mentions
    ) async throws(ActionFault) {
        var last: Int64? = 0
        while let after = last {
            let found = try await context.ask { (browser) throws(JournalError) in try await find(browser, after) }
            for part in found.parts {
                erased += try await context.write { (journal) throws(JournalError) in try await journal.erase(part) }
                await tellSinks(of: part.events, in: context)
            }
            last = found.next
        }
    }

    /// Sinks may hold some of them, to be sent; which sinks there are may change while a large journal is looked through.
    private func tellSinks(of events: [Int64], in context: ActionContext) async {
        guard !events.isEmpty else { return }
        for sink in await context.configuration().sinks {
            await context.tell(SinkWord(.forget(Set(events)), to: sink.name))
        }
    }
}

extension Mentions {
    /// So many rows go in one transaction, which an append may have to wait for.
    private static let partMax = 64

    /// In parts, each with as few rows.
    fileprivate var parts: [Mentions] {
        let count = max(events.count, requests.count)
        return stride(from: 0, to: count, by: Self.partMax).map { start in
            var part = Mentions()
            part.events = Array(events.dropFirst(start).prefix(Self.partMax))
            part.requests = Array(requests.dropFirst(start).prefix(Self.partMax))
            return part
        }
    }
}
