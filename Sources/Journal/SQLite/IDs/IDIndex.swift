import Model

/// Which ids the journal has: what makes the same callback, whenever it comes again, one event.
///
/// An index of the database would write a page for each id, since ids are as good as random. Here the newest ids are in
/// memory only, for the events themselves are what they are read from again at the next start. Every so often they are
/// written as a sorted segment, and segments of one level are merged into one of the next. An id is looked up in memory
/// and then in each segment, nearly all of which say by their filter that they do not have it. So the answer is exact, and
/// what an id costs hardly grows with their number: about three bytes of memory, and 24 bytes written for each level.
///
/// All writing happens within the transactions of the writer, a little in every few of them.
final class IDIndex {
    private let database: Database
    private let shelf: IDShelf
    private let settings: Settings
    private let findNewest: Statement
    private let findEvents: Statement

    private var segments: [IDShelf.Place] = []
    /// The filters of all segments.
    private var banks: [IDFilterBank] = []
    /// Ids that are in no segment yet.
    private var newest: [EventID: Int64] = [:]
    /// Ids of which a segment is being made.
    private var ripening: [EventID: Int64] = [:]
    /// Segments that are being made, at most one of each level.
    private var builders: [IDSegmentBuilder] = []
    /// Segments that are gone, and whose blocks go a few at a time.
    private var remains: [Remains] = []
    private var nextNumber: Int64 = 1
    /// How many ids came since the last step.
    private var idsSinceStep = 0
    /// Whether a transaction failed that something here was a part of: what is in memory is not what is on the disk.
    private var isStale = false

    /// The numbers that shape it.
    struct Settings {
        /// How many ids are gathered in memory before they become a segment.
        var idsPerSegment = 32_768
        /// How many ids come before the next step is done: many blocks at once share the pages that lead to them.
        var idsPerStep = 320
        /// How many segments of one level become one of the next.
        var segmentsPerMerge = 8
        /// The level whose segments stay as they are: a filter is written in one commit, and this one's has 5.8 MB.
        var levelMax = 2
    }

    private struct Remains {
        let number: Int64
        var blocks: Range<Int>
    }

    /// Reads what is on the disk, and first makes segments of what a journal has that had none.
    init(_ database: Database, _ settings: Settings = Settings()) throws(JournalError) {
        self.database = database
        self.settings = settings
        shelf = try IDShelf(database)
        findNewest = try database.prepare(
            "SELECT id, sequence FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")
        findEvents = try database.prepare("SELECT EXISTS (SELECT 1 FROM events WHERE sequence BETWEEN ?1 AND ?2)")
        try load()
    }

    // MARK: Asking and adding

    /// The number of the event that has the id; nil where there is none.
    func sequence(of id: EventID) throws(JournalError) -> Int64? {
        if isStale { try load() }
        if let known = newest[id] ?? ripening[id] { return known }
        let mark = IDFilter.Mark(of: id)
        for bank in banks {
            for place in bank.places(thatMayHold: mark) {
                if let sequence = try shelf.sequence(of: id, in: place) { return sequence }
            }
        }
        return nil
    }

    /// Knows the id from now on.
    func add(_ id: EventID, _ sequence: Int64) {
        newest[id] = sequence
    }

    /// Reads all anew before the next answer, since a transaction failed that it was a part of.
    func forget() {
        isStale = true
    }

    // MARK: Keeping it in shape

    /// Does what is due for so many new ids, within the transaction that stored their events.
    func advance(by ids: Int) throws(JournalError) {
        if isStale { try load() }
        idsSinceStep += ids
        guard idsSinceStep >= settings.idsPerStep else { return }
        beginFlush()
        beginMerges()
        // An id is written once on each level: so every builder is ahead of what comes in, and done long before the next
        // has to begin, for a start throws away what is half made. What was replaced goes faster than it comes.
        let blocks = 1 + 4 * idsSinceStep / IDBlock.entriesMax
        idsSinceStep = 0
        for builder in builders where try builder.advance(blocks: blocks, shelf) { try finish(builder) }
        try clear(blocks: blocks)
    }

    private func beginFlush() {
        guard newest.count >= settings.idsPerSegment, ripening.isEmpty, let builder = makeSegment(of: newest) else {
            return
        }
        swap(&newest, &ripening)
        builders.append(builder)
    }

    private func makeSegment(of ids: [EventID: Int64]) -> IDSegmentBuilder? {
        guard let first = ids.values.min(), let last = ids.values.max() else { return nil }
        let entries = ids.map { IDEntry(id: $0.key, sequence: $0.value) }.sorted { $0.id < $1.id }
        return IDSegmentBuilder(number: takeNumber(), entries: entries, sequences: first...last)
    }

    private func beginMerges() {
        for level in 0..<settings.levelMax where !builders.contains(where: { $0.place.level == level + 1 }) {
            let places = segments.filter { $0.level == level }.prefix(settings.segmentsPerMerge)
            guard places.count == settings.segmentsPerMerge else { continue }
            if let builder = IDSegmentBuilder(number: takeNumber(), merging: Array(places)) { builders.append(builder) }
        }
    }

    private func takeNumber() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Lets the new segment count, and those no more that it was made of.
    private func finish(_ builder: IDSegmentBuilder) throws(JournalError) {
        // There is nothing in it where all blocks that it is made of were lost.
        if builder.place.count > 0 {
            try shelf.insert(builder.place, builder.filter)
            include(builder.place, builder.filter)
        }
        try drop(builder.replaced)
        // Its room is the next ids'.
        if builder.place.level == 0 { ripening.removeAll(keepingCapacity: true) }
        builders.removeAll { $0 === builder }
    }

    private func include(_ place: IDShelf.Place, _ filter: IDFilter) {
        segments.append(place)
        let index = banks.firstIndex { $0.fits(filter) } ?? banks.endIndex
        if index == banks.endIndex { banks.append(IDFilterBank(rowCount: filter.blocks.count)) }
        banks[index].append(place, filter)
    }

    private func drop(_ places: [IDShelf.Place]) throws(JournalError) {
        for place in places {
            try shelf.remove(place)
            remains.append(Remains(number: place.number, blocks: 0..<place.blockCount))
        }
        segments.removeAll(where: places.contains)
        for index in banks.indices { banks[index].remove(places) }
        banks.removeAll(where: \.places.isEmpty)
    }

    private func clear(blocks: Int) throws(JournalError) {
        guard let last = remains.indices.last else { return }
        let some = remains[last].blocks.prefix(blocks)
        try shelf.removeBlocks(some, of: remains[last].number)
        remains[last].blocks.removeFirst(some.count)
        if remains[last].blocks.isEmpty { remains.removeLast() }
    }

    /// Lets go of segments whose events are all deleted, a step at a time; true where there is more to do.
    func prune(blocks: Int) throws(JournalError) -> Bool {
        if isStale { try load() }
        let merging = builders.flatMap(\.replaced)
        var gone: [IDShelf.Place] = []
        for place in segments where !merging.contains(place) {
            if try !hasEvents(place.sequences) { gone.append(place) }
        }
        try drop(gone)
        try clear(blocks: blocks)
        return !remains.isEmpty
    }

    private func hasEvents(_ sequences: ClosedRange<Int64>) throws(JournalError) -> Bool {
        try findEvents.bind(sequences.lowerBound, at: 1)
        try findEvents.bind(sequences.upperBound, at: 2)
        defer { findEvents.reset() }
        return try findEvents.row() && findEvents.integer(0) != 0
    }

    // MARK: Starting

    private func load() throws(JournalError) {
        (ripening, builders, remains, segments, banks) = ([:], [], [], [], [])
        for place in try shelf.places() { include(place, try shelf.filter(of: place)) }
        try findRemains()
        newest = try readNewest()
        // What a start finds beyond what the running journal leaves is from before there were segments.
        while database.isAtRest, newest.count > 2 * settings.idsPerSegment { try makeSegmentAtOnce() }
        isStale = false
    }

    /// Finds blocks of segments that were not finished, or not cleared away.
    private func findRemains() throws(JournalError) {
        let numbers = Set(segments.map(\.number))
        nextNumber = (numbers.max() ?? 0) + 1
        var start: Int64 = 0
        while let found = try shelf.segmentWithBlocks(from: start) {
            start = found.number + 1
            nextNumber = max(nextNumber, start)
            if !numbers.contains(found.number) { remains.append(Remains(number: found.number, blocks: found.blocks)) }
        }
    }

    /// The ids of events that are in no segment, the oldest first; enough to see that there are many.
    private func readNewest() throws(JournalError) -> [EventID: Int64] {
        try findNewest.bind(segments.map(\.sequences.upperBound).max() ?? 0, at: 1)
        try findNewest.bind(database.isAtRest ? Int64(2 * settings.idsPerSegment + 1) : -1, at: 2)
        defer { findNewest.reset() }
        var ids: [EventID: Int64] = [:]
        while try findNewest.row() {
            // Of an event that was lost with a damaged page there is no id.
            guard let (high, low) = findNewest.sixteenBytes(0) else { continue }
            ids[EventID(high: high, low: low)] = findNewest.integer(1)
        }
        return ids
    }

    private func makeSegmentAtOnce() throws(JournalError) {
        guard let builder = makeSegment(of: newest) else { return }
        try database.execute("BEGIN IMMEDIATE")
        _ = try builder.advance(blocks: builder.place.blockCount, shelf)
        try finish(builder)
        try database.execute("COMMIT")
        newest = try readNewest()
    }
}
