internal import Journal
public import Model

/// Runs today's decoders over stored requests, and adds what is new to the journal.
public struct RedecodeAction: Action {
    public static let name = "redecode"

    /// The requests.
    public var requests: [EventID]

    public struct Outcome: Codable, Sendable, Equatable {
        /// How many were read again. The others are not stored any more, or it is not known how they were proved.
        public var requests = 0
        public var newEvents = 0
        /// What left quarantine, since it is understood now.
        public var settledFaults = 0
    }

    public init(requests: [EventID]) {
        self.requests = requests
    }

    public func perform(in context: ActionContext) async throws(ActionFault) -> Outcome {
        let sources = await context.configuration().sources
        var outcome = Outcome()
        for id in requests {
            let stored = try await context.ask { (browser) throws(JournalError) in try await browser.request(id) }
            guard let stored, let redecoding = Redecoding(stored, sources: sources) else { continue }
            let appended = try await context.write { (journal) throws(JournalError) in
                try await journal.append(redecoding.receipt)
            }
            outcome.requests += 1
            outcome.newEvents += appended.newEvents
            outcome.settledFaults += appended.settledFaults
        }
        return outcome
    }
}
