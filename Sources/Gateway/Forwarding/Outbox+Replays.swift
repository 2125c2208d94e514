internal import Journal
internal import Model

/// What an operator wants sent again goes out in turns with what is new: a million old events hold up none of today's.
extension Outbox {
    /// While more than this fail and wait, nothing more is sent again: there is to be room for new ones that fail.
    private static let retriesMaxForReplays = retriesMax / 2

    /// Whether it would like to have more of them read.
    var wantsReplays: Bool {
        replays.isEmpty && !isHalted && !circuit.isOpen && retries.count < Self.retriesMaxForReplays
    }

    /// How many of them it would like to have read at once.
    var replayRoom: Int { entriesMax }

    /// Takes in what is to be sent again.
    mutating func add(replays page: [Retry], at now: Instant) {
        let known = Set(replays.elements.map(\.entry.sequence))
        for replay in page where !known.contains(replay.entry.sequence) {
            guard !isKnown(replay.entry.sequence) else {
                // It may be one that is wanted once more, while what became of it the last time is being recorded.
                hasPassedOverReplays = true
                continue
            }
            replays.append(item(replay, at: now))
        }
    }

    /// What is new and what is sent again, by turns; and the one where there is nothing of the other.
    mutating func takeByTurns(at now: Instant) -> [Item] {
        let isReplaysTurn = isTurnOfReplays
        let first = isReplaysTurn ? takeReplays(at: now) : takeWaiting(at: now, atMost: policy.batchMax)
        isTurnOfReplays = !isReplaysTurn
        guard first.isEmpty else { return first }
        return isReplaysTurn ? takeWaiting(at: now, atMost: policy.batchMax) : takeReplays(at: now)
    }

    mutating func takeReplays(at now: Instant) -> [Item] {
        var queue = Queue<Item>()
        swap(&queue, &replays)
        let taken = take(policy.batchMax, from: &queue, at: now)
        replays = queue
        return taken
    }
}
