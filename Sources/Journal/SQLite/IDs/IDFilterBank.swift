/// The filters of up to eight segments of one size, with the blocks that one id asks side by side.
///
/// Where memory is looked at without any order, the look itself is what takes the time. So an id has one for eight
/// segments. They are no more than eight because all is copied when one comes or goes.
struct IDFilterBank {
    private(set) var places: [IDShelf.Place] = []
    private let rowCount: Int
    private static let placesMax = 8
    /// A row for each block of a filter, and in it a block of each filter in the order of their places.
    private var blocks: [SIMD4<UInt64>] = []

    /// A bank for filters of so many blocks, with none in it.
    init(rowCount: Int) {
        self.rowCount = rowCount
    }

    /// Whether the filter is of the size that this bank is for, and there is room for it.
    func fits(_ filter: IDFilter) -> Bool {
        filter.blocks.count == rowCount && places.count < Self.placesMax
    }

    /// Segments that may hold the mark's id; no other of this bank does.
    func places(thatMayHold mark: IDFilter.Mark) -> [IDShelf.Place] {
        let start = mark.block(of: rowCount) * places.count
        var found: [IDShelf.Place] = []
        for index in places.indices where blocks[start + index] & mark.bits == mark.bits { found.append(places[index]) }
        return found
    }

    mutating func append(_ place: IDShelf.Place, _ filter: IDFilter) {
        var wider: [SIMD4<UInt64>] = []
        wider.reserveCapacity(blocks.count + rowCount)
        for row in 0..<rowCount {
            wider.append(contentsOf: blocks[row * places.count..<(row + 1) * places.count])
            wider.append(filter.blocks[row])
        }
        blocks = wider
        places.append(place)
    }

    mutating func remove(_ gone: [IDShelf.Place]) {
        let kept = places.indices.filter { !gone.contains(places[$0]) }
        guard kept.count < places.count else { return }
        blocks = (0..<rowCount).flatMap { row in kept.map { blocks[row * places.count + $0] } }
        places = kept.map { places[$0] }
    }
}
