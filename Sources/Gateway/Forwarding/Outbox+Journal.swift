internal import Journal
internal import Model

/// What the journal keeps for it from before, and what the journal keeps no more.
extension Outbox {
    /// What waited for another try when the sink was last served.
    mutating func add(_ retries: [Retry], at now: Instant) {
        for retry in retries where !isKnown(retry.entry.sequence) {
            self.retries[retry.entry.sequence] = item(retry, at: now)
        }
    }

    /// What the journal keeps of it, with no wait that is longer than any that is given.
    func item(_ retry: Retry, at now: Instant) -> Item {
        var item = Item(
            entry: retry.entry, attempts: retry.attempts, firstTriedAt: retry.firstTriedAt, dueAt: retry.dueAt)
        item.bound(at: now, longestMs: policy.backoff.longestMs)
        return item
    }

    /// Gives up an event that the journal could not read as it was written: it was never in here.
    mutating func bury(damaged sequence: Int64, at now: Instant) {
        leaving.insert(sequence)
        steps.buried.append(
            Steps.Buried(sequence: sequence, attempts: 0, at: now, reason: "it is not as it was written to the journal")
        )
    }

    /// Whether it is in here, or left since the journal was last asked.
    func isKnown(_ sequence: Int64) -> Bool {
        retries[sequence] != nil || flying[sequence] != nil || leaving.contains(sequence)
    }

    /// The journal is asked anew for what it keeps: it knows what was recorded by now.
    mutating func forgetRecorded() {
        leaving.forgetRecorded()
    }

    /// Lets go of entries that are in the journal no more, whatever comes of those that are on their way.
    mutating func forget(_ sequences: Set<Int64>) {
        waiting.removeAll { sequences.contains($0.entry.sequence) }
        waitingBytes = Self.bytes(of: waiting.elements)
        replays.removeAll { sequences.contains($0.entry.sequence) }
        for sequence in sequences {
            retries[sequence] = nil
            flying[sequence]?.isErased = true
            passes(sequence)
        }
        steps.postponed.removeAll { sequences.contains($0.sequence) }
        steps.buried.removeAll { sequences.contains($0.sequence) }
    }
}
