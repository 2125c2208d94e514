import Model
import Threads

/// The newest entries, in memory: a sink that keeps up is handed them as they were written, without a look at the disk.
///
/// They come here once they are on the disk, and go again when there are too many of them. A sink that is further behind
/// reads the file.
final class JournalTail: Sendable {
    /// Numbers follow one another without a gap.
    private struct State {
        var entries: [Entry] = []
        var bytes = 0
    }

    private let entriesMax: Int
    private let bytesMax: Int
    private let state = Lock(State())

    /// - Parameter bytesMax: of the events' JSON.
    init(entriesMax: Int = 2_048, bytesMax: Int = 4 << 20) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }

    /// Takes in what was just committed; where it does not follow what is here, that goes.
    func append(_ entries: [Entry]) {
        guard let first = entries.first else { return }
        state.withLock { state in
            if let last = state.entries.last, last.sequence + 1 != first.sequence { state = State() }
            state.entries += entries
            state.bytes += entries.reduce(0) { $0 + $1.event.bytes.count }
            guard state.entries.count > entriesMax || state.bytes > bytesMax else { return }
            // By halves, so that what stays is seldom moved.
            var left = state.entries.count
            while left > entriesMax / 2 || state.bytes > bytesMax / 2 {
                state.bytes -= state.entries[state.entries.count - left].event.bytes.count
                left -= 1
            }
            state.entries.removeFirst(state.entries.count - left)
        }
    }

    /// Forgets all of them: nobody follows, or some are to be in no memory any more.
    func clear() {
        state.withLock { $0 = State() }
    }

    /// As ``Journal/read(after:limit:matching:)``; nil where not all of it is here, or there is nothing new.
    func read(after sequence: Int64, limit: Int, matching filter: EntryFilter) -> Batch? {
        state.withLock { state in
            guard limit > 0, let first = state.entries.first, let last = state.entries.last,
                first.sequence - 1...last.sequence - 1 ~= sequence
            else { return nil }
            let isChosen = filter != EntryFilter()
            var entries: [Entry] = []
            for entry in state.entries[Int(sequence + 1 - first.sequence)...] {
                if isChosen, !filter.matches(entry.event.label) { continue }
                entries.append(entry)
                if entries.count == limit { return Batch(entries: entries, through: entry.sequence) }
            }
            return Batch(entries: entries, through: last.sequence)
        }
    }
}
