internal import Journal

/// Sends to a sink again that wanted nothing more, and at once to one that is only probed.
public struct ResumeAction: Action {
    public static let name = "resume"

    public var sink: String

    public struct Outcome: Codable, Sendable, Equatable {
        /// Whether the sink had wanted nothing more.
        public let wasHalted: Bool
        /// Whether it was only probed, for it had failed.
        public let wasDown: Bool
    }

    public init(sink: String) {
        self.sink = sink
    }

    public func perform(in context: ActionContext) async throws(ActionFault) -> Outcome {
        let sinks = try await context.ask { (browser) throws(JournalError) in try await browser.sinks() }
        guard let state = sinks.first(where: { $0.name == sink }) else { throw .refused("there is no sink `\(sink)`") }
        let outcome = Outcome(wasHalted: state.halt != nil, wasDown: state.outage != nil)
        guard outcome.wasHalted || outcome.wasDown else { return outcome }
        let steps = Steps(turn: outcome.wasHalted ? .resumed : nil, health: outcome.wasDown ? .up : nil)
        try await context.write { (journal) throws(JournalError) in try await journal.instruct(steps, for: sink) }
        await context.tell(SinkWord(.resume, to: sink))
        return outcome
    }
}
