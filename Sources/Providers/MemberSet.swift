/// Some of an object's members, by their places, counted from 0.
struct MemberSet {
    /// A bit for each of the first 64 members; most objects have no more.
    private var bits: UInt64 = 0
    private var beyond: Set<Int> = []

    var count: Int { bits.nonzeroBitCount + beyond.count }

    func contains(_ place: Int) -> Bool {
        place < UInt64.bitWidth ? bits & 1 << UInt64(place) != 0 : beyond.contains(place)
    }

    mutating func insert(_ place: Int) {
        if place < UInt64.bitWidth { bits |= 1 << UInt64(place) } else { beyond.insert(place) }
    }

    mutating func remove(_ place: Int) {
        if place < UInt64.bitWidth { bits &= ~(1 << UInt64(place)) } else { beyond.remove(place) }
    }
}
