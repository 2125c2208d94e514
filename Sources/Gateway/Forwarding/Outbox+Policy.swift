extension Outbox {
    /// How a sink wants to be served.
    struct Policy: Sendable, Equatable {
        var order: Order
        /// How many entries go out at once.
        var batchMax: Int
        /// How many batches may be on their way.
        var concurrency: Int
        var backoff: Backoff
        /// From its first try on, an entry is tried for so long; then it goes to the dead letters.
        var patienceMs: Int64
        /// For so long after a batch that was not full, what is new is left to gather: for what costs as much however many
        /// there are in a batch.
        var gatherMs: Int64 = 0
    }

    enum Order: Sendable {
        /// As fast as it goes.
        case none
        /// One after the other for each subject; a subject that fails does not hold up another.
        case subject
        /// All in the journal's order, one batch at a time, and nothing is ever passed over.
        case journal
    }
}
