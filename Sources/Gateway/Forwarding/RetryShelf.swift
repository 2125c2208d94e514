internal import Model

/// What failed and waits for another try, by its number; and how many bytes of events that is.
struct RetryShelf: Sendable {
    private var items: [Int64: Outbox.Item] = [:]
    private(set) var bytes = 0

    var count: Int { items.count }

    var isEmpty: Bool { items.isEmpty }

    var values: Dictionary<Int64, Outbox.Item>.Values { items.values }

    /// The clock was set by so much.
    mutating func move(byMs milliseconds: Int64) {
        for sequence in items.keys { items[sequence]?.move(byMs: milliseconds) }
    }

    subscript(sequence: Int64) -> Outbox.Item? {
        get { items[sequence] }
        set {
            bytes -= items[sequence]?.entry.event.bytes.count ?? 0
            bytes += newValue?.entry.event.bytes.count ?? 0
            items[sequence] = newValue
        }
    }
}
