/// Numbers that are added in their order, and mostly leave in it too.
struct RisingNumbers {
    private var numbers: [Int64] = []
    /// Those before here have left.
    private var start = 0

    /// The lowest.
    var first: Int64? { start < numbers.count ? numbers[start] : nil }

    mutating func append(_ number: Int64) {
        numbers.append(number)
    }

    /// Takes a number out, if it is there.
    mutating func remove(_ number: Int64) {
        guard let index = numbers[start...].firstIndex(of: number) else { return }
        if index == start { start += 1 } else { numbers.remove(at: index) }
        // What has left is moved over once it is the larger half, so that a number is moved once in its time.
        guard start > numbers.count / 2 else { return }
        numbers.removeFirst(start)
        start = 0
    }
}
