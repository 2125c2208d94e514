internal import Model

/// How it stands, and when it wants to be asked again.
extension Outbox {
    /// Whether nothing is on its way.
    var isIdle: Bool { batchesFlying == 0 }

    /// What the events of some items take up.
    static func bytes(of items: [Item]) -> Int {
        items.reduce(0) { $0 + $1.entry.event.bytes.count }
    }

    /// Twice what can be on its way, or more: many are read at a time, and where order matters one talkative subject does
    /// not fill it alone.
    var entriesMax: Int { max(policy.batchMax * policy.concurrency * 2, 256) }

    /// How many entries it would like to have read now, which is many at a time or none; while the sink is down no more than
    /// the next probe takes.
    var room: Int {
        guard !isHalted, !isGathering, hasRoomForRetries, waitingBytes < Self.waitingBytesMax else { return 0 }
        guard !circuit.isOpen else { return waiting.isEmpty ? 1 : 0 }
        return waiting.count <= entriesMax / 2 ? entriesMax - waiting.count : 0
    }

    /// Whether more of what failed can be held.
    var hasRoomForRetries: Bool { retries.count < Self.retriesMax && retries.bytes < Self.retriesBytesMax }

    /// Entries that are read and wait for another try.
    var retriesCount: Int { retries.count }

    var isDown: Bool { circuit.isOpen }

    /// When the oldest entry came that is read and not settled; nil where there is none.
    var oldest: Instant? {
        [
            waiting.elements.map(\.entry.receivedAt).min(), flying.values.map(\.entry.receivedAt).min(),
            retries.values.map(\.entry.receivedAt).min(),
        ].compactMap { $0 }.min()
    }

    /// When something will be due that was not due at that moment; nil where only new entries or a delivery's end can
    /// change anything. To be asked with the moment that ``next(at:)`` was last asked with.
    func wakeAt(after now: Instant) -> Instant? {
        guard !isHalted, batchesFlying < policy.concurrency else { return nil }
        guard !circuit.isOpen else { return circuit.triesAgainAt.flatMap { $0 > now ? $0 : nil } }
        return retries.values.compactMap(\.dueAt).filter { $0 > now }.min()
    }
}
