public import Model

/// A place that events go to. It takes them or says why not; when to try again is not its affair.
public protocol Sink: Sendable {
    /// How many entries it likes to be given at once.
    var batchMax: Int { get }
    /// How many batches it can be busy with at the same time.
    var concurrency: Int { get }

    /// Delivers entries, and answers once their fate is known, one ``Delivery`` for each, in their order.
    ///
    /// It begins on the caller's thread, and takes no longer than the sink's own time-out. A sink that answers with a position
    /// is given the next batch only when that position is on the disk: it counts on never being further than one answer
    /// ahead of what it will be opened with.
    nonisolated(nonsending) func deliver(_ entries: [Entry]) async -> Delivered

    /// Ends all work: what is under way is finished or given up, and files are closed. Nothing may be asked of it
    /// afterwards.
    func close() async
}

/// What became of a batch.
public struct Delivered: Sendable, Equatable {
    /// One for each entry, in their order.
    public let outcomes: [Delivery]
    /// What the sink wants kept beside its cursor, in the same transaction; nil where it keeps nothing.
    public let position: [UInt8]?

    public init(outcomes: [Delivery], position: [UInt8]? = nil) {
        self.outcomes = outcomes
        self.position = position
    }
}
