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
    private var runs: IDRuns
    private var blocksWritten = 0
    private var entriesWritten = 0

    /// A segment of the lowest level, out of entries that are in order.
    init(number: Int64, entries: [IDEntry], sequences: ClosedRange<Int64>) {
        place = IDShelf.Place(number: number, level: 0, sequences: sequences, count: entries.count)
        replaced = []
        filter = IDFilter(capacity: entries.count)
        runs = IDRuns(of: entries)
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
        runs = IDRuns(merging: segments)
    }

    /// Writes so many blocks more at most; true once all are written.
    func advance(blocks: Int, _ shelf: IDShelf) throws(JournalError) -> Bool {
        let goal = min(place.blockCount, blocksWritten + blocks)
        while blocksWritten < goal {
            let entries = try runs.takeSmallest(IDBlock.entriesMax, shelf)
            guard !entries.isEmpty else {
                place = place.holding(entriesWritten)
                break
            }
            filter.insert(entries)
            try shelf.insert(IDBlock(of: entries), blocksWritten, of: place.number)
            entriesWritten += entries.count
            blocksWritten += 1
        }
        return blocksWritten == place.blockCount
    }
}
