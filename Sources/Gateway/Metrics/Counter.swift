internal import Synchronization

/// A number that only rises, and may be added to from any thread: it costs a request next to nothing.
final class Counter: Sendable {
    private let count = Atomic<Int64>(0)

    func add(_ amount: Int64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    var value: Int64 { count.load(ordering: .relaxed) }
}

/// The latest of the moments that it was told, from any thread.
final class LatestMoment: Sendable {
    private let microseconds = Atomic<Int64>(.min)

    func note(microseconds moment: Int64) {
        microseconds.max(moment, ordering: .relaxed)
    }

    /// Nil where it was told of none.
    var value: Int64? {
        let moment = microseconds.load(ordering: .relaxed)
        return moment == .min ? nil : moment
    }
}
