internal import Model

/// What is counted for one sink.
final class SinkMeter: Sendable {
    let taken = Counter()
    let later = Counter()
    /// Events that were given up, which are counted as they go to the dead letters.
    let never = Counter()
    /// Events that the journal could not give back as they were written.
    let damaged = Counter()
    /// One attempt, which may carry several events.
    let attempt = Histogram(Histogram.deliveryBoundsUs)
    /// From a callback's receipt until the sink has its event.
    let endToEnd = Histogram(Histogram.deliveryBoundsUs)

    /// What became of one event in an attempt.
    func note(_ outcome: Delivery, of entry: Entry, at now: Instant) {
        switch outcome {
        case .taken:
            taken.add()
            endToEnd.note(microseconds: now.microseconds - entry.receivedAt.microseconds)
        case .later, .gone: later.add()
        case .never: break
        }
    }
}
