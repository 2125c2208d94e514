internal import Journal
internal import Model

/// How it goes on after a crash, and after a sink wanted nothing more.
extension Outbox {
    /// Whether it is to be noted what is sent, before it is.
    var isCautious: Bool { caution != nil }

    /// Leaves of what was chosen what may be tried now.
    mutating func heed(_ items: inout [Item], at now: Instant) {
        guard let caution else { return }
        for item in items where caution.isGivenUp(item.entry.sequence) {
            bury(item, Caution.reason, at: now)
            clear([item.entry.sequence])
        }
        items.removeAll { caution.isGivenUp($0.entry.sequence) }
        let count = caution.countTogether(items.map(\.entry.sequence))
        putBack(Array(items.dropFirst(count)))
        items.removeSubrange(count...)
    }

    mutating func clear(_ sequences: [Int64]) {
        guard caution != nil else { return }
        steps.survived += sequences
        caution?.clear(sequences)
        if caution?.isOver ?? false { caution = nil }
    }

    /// There is nothing more to read: where nothing waits either, all that was on its way when a process ended was tried
    /// again.
    mutating func caughtUp() {
        guard let trials = caution?.trials, waiting.isEmpty, flying.isEmpty, retries.isEmpty, replays.isEmpty
        else { return }
        steps.survived += trials.keys.sorted()
        caution = nil
    }

    /// The sink wants to be sent something again.
    mutating func resume() {
        isHalted = false
        circuit = Self.newCircuit(policy)
    }
}
