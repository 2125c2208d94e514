import Model

/// Makes one segment out of sorted runs of ids, a few blocks at a time.
///
/// Nothing counts before the last step, which puts the segment in the place of those it was made of. A builder whose
/// transaction failed is thrown away.
final class IDSegmentBuilder {
    /// What the segment will be once it is there; smaller than it was to be where blocks it is made of were lost.
    private(set) var place: IDShelf.Place
    /// The segments that it takes the place of.
    let replaced: [IDShelf.Place]
    private(set) var filter: IDFilter
    private var runs: [Run]
    private var blocksWritten = 0
    private var entriesWritten = 0

    /// A sorted run that is read from its beginning.
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
                let block = try shelf.block(nextBlock, of: segment.number)
                entries = block.map { block in (0..<block.count).map { block[$0] } } ?? []
                next = 0
                nextBlock += 1
            }
            return entries[next]
        }
    }

    /// A segment of the lowest level, out of entries that are in order.
    init(number: Int64, entries: [IDEntry], sequences: ClosedRange<Int64>) {
        place = IDShelf.Place(number: number, level: 0, sequences: sequences, count: entries.count)
        replaced = []
        filter = IDFilter(capacity: entries.count)
        runs = [Run(entries: entries)]
    }

    /// A segment out of others, one level above them.
    init?(number: Int64, merging segments: [IDShelf.Place]) {
        guard
            let first = segments.map(\.sequences.lowerBound).min(),
            let last = segments.map(\.sequences.upperBound).max(), let level = segments.map(\.level).max()
        else { return nil }
        let count = segments.reduce(0) { $0 + $1.count }
        place = IDShelf.Place(number: number, level: level + 1, sequences: first...last, count: count)
        replaced = segments
        filter = IDFilter(capacity: count)
        runs = segments.map { Run(segment: $0) }
    }

    /// Writes so many blocks more at most; true once all are written.
    func advance(blocks: Int, _ shelf: IDShelf) throws(JournalError) -> Bool {
        let goal = min(place.blockCount, blocksWritten + blocks)
        while blocksWritten < goal {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(IDBlock.entriesMax * IDBlock.entryBytes)
            for _ in 0..<IDBlock.entriesMax {
                guard let entry = try smallest(shelf) else { break }
                filter.insert(entry.id)
                IDBlock.append(entry, to: &bytes)
                entriesWritten += 1
            }
            guard !bytes.isEmpty else {
                place = place.holding(entriesWritten)
                break
            }
            try shelf.insert(block: bytes, blocksWritten, of: place.number)
            blocksWritten += 1
        }
        return blocksWritten == place.blockCount
    }

    /// Takes the smallest id of all runs; there are eight at most.
    private func smallest(_ shelf: IDShelf) throws(JournalError) -> IDEntry? {
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
