/// Sorted runs of ids that are taken together in their order, each read from its beginning.
struct IDRuns {
    private var runs: [Run]

    private struct Run {
        /// Where further entries come from, once those at hand are used up.
        var segment: IDShelf.Place?
        var nextBlock = 0
        var entries: [IDEntry] = []
        var next = 0

        /// Nil at the end.
        mutating func peek(_ shelf: IDShelf) throws(JournalError) -> IDEntry? {
            while next == entries.count {
                guard let segment, nextBlock < segment.blockCount else { return nil }
                entries = try shelf.block(nextBlock, of: segment.number)?.entries ?? []
                next = 0
                nextBlock += 1
            }
            return entries[next]
        }
    }

    /// One run, of entries that are in order.
    init(of entries: [IDEntry]) {
        runs = [Run(entries: entries)]
    }

    /// A run for each segment.
    init(merging segments: [IDShelf.Place]) {
        runs = segments.map { Run(segment: $0) }
    }

    /// Takes so many entries with the smallest ids of all; fewer at the end.
    mutating func takeSmallest(_ count: Int, _ shelf: IDShelf) throws(JournalError) -> [IDEntry] {
        var taken: [IDEntry] = []
        taken.reserveCapacity(count)
        while taken.count < count, let entry = try takeSmallest(shelf) { taken.append(entry) }
        return taken
    }

    /// Takes the entry with the smallest id of all; nil at the end. There are eight runs at most to look at.
    private mutating func takeSmallest(_ shelf: IDShelf) throws(JournalError) -> IDEntry? {
        var found: (run: Int, entry: IDEntry)?
        for index in runs.indices {
            guard let entry = try runs[index].peek(shelf) else { continue }
            if found.map({ entry.id < $0.entry.id }) ?? true { found = (index, entry) }
        }
        guard let found else { return nil }
        runs[found.run].next += 1
        return found.entry
    }
}
