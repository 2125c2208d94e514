internal import Journal

/// Sends to a sink again that wanted nothing more.
public struct ResumeAction: Action {
    public static let name = "resume"

    public var sink: String

    public struct Outcome: Codable, Sendable, Equatable {
        /// Whether the sink had wanted nothing more.
        public let wasHalted: Bool
    }

    public init(sink: String) {
        self.sink = sink
    }

    public func perform(in workshop: Workshop) async throws(ActionFault) -> Outcome {
        let sinks = try await workshop.ask { (browser) throws(JournalError) in try await browser.sinks() }
        guard let state = sinks.first(where: { $0.name == sink }) else { throw .refused("there is no sink `\(sink)`") }
        guard state.halt != nil else { return Outcome(wasHalted: false) }
        try await workshop.write { (journal) throws(JournalError) in
            try await journal.record(Steps(turn: .resumed), for: sink)
        }
        await workshop.tell(.resume, sink)
        return Outcome(wasHalted: true)
    }
}
