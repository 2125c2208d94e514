import Testing

@testable import Gateway

/// Goal: what waits leaves in its order, whatever is put back, taken out or changed in between.
///
/// Method: the same steps, drawn by a rule, go to a queue and to an array, and both are compared after each.
struct QueueTests {
    @Test(arguments: 1...20)
    func leavesInItsOrder(_ seed: UInt64) {
        var chance = Chance(seed: seed)
        var queue = Queue<Int>()
        var expected: [Int] = []
        for number in 0..<400 {
            switch chance.draw(below: 8) {
            case 0...3:
                queue.append(number)
                expected.append(number)
            case 4, 5:
                let count = chance.draw(below: 4)
                #expect(queue.takeFirst(count) == Array(expected.prefix(count)))
                expected.removeFirst(min(count, expected.count))
            case 6:
                let some = Array(0..<chance.draw(below: 4))
                queue.putBack(some)
                expected.insert(contentsOf: some, at: 0)
            default:
                let rest = chance.draw(below: 7)
                queue.removeAll { $0 % 7 == rest }
                expected.removeAll { $0 % 7 == rest }
                queue.updateAll { $0 += 1 }
                expected = expected.map { $0 + 1 }
            }
            #expect(queue.elements == expected)
            #expect(queue.count == expected.count && queue.isEmpty == expected.isEmpty)
        }
    }

    @Test func beginsWithWhatItIsGiven() {
        var queue = Queue([1, 2, 3])
        #expect(queue.takeFirst(2) == [1, 2] && queue.takeFirst(2) == [3] && queue.takeFirst(1) == [])
    }
}
