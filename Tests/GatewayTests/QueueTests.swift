import Testing

@testable import Gateway

/// Goal: what waits leaves in its order, whatever is put back, taken out or changed in between.
///
/// Method: the same steps, drawn by a rule, go to a queue and to an array, and both are compared after each.
struct QueueTests {
    @Test(arguments: 1...20)
    func leavesInItsOrder(_ seed: UInt64) {
        var state = seed
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var queue = Queue<Int>()
        var expected: [Int] = []
        for number in 0..<400 {
            switch draw(8) {
            case 0...3:
                queue.append(number)
                expected.append(number)
            case 4, 5:
                let count = draw(4)
                #expect(queue.takeFirst(count) == Array(expected.prefix(count)))
                expected.removeFirst(min(count, expected.count))
            case 6:
                let some = Array(0..<draw(4))
                queue.putBack(some)
                expected.insert(contentsOf: some, at: 0)
            default:
                let rest = draw(7)
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
