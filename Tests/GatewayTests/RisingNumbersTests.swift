import Testing

@testable import Gateway

/// Goal: the lowest number that is left is always known, in whatever order the others go.
///
/// Method: numbers come and go by chance, the same for each seed; a set of them is the judge.
struct RisingNumbersTests {
    @Test(arguments: 1...20)
    func knowsTheLowest(_ seed: UInt64) {
        var chance = Chance(seed: seed)
        var numbers = RisingNumbers()
        var judge: Set<Int64> = []
        var next: Int64 = 1
        for _ in 0..<2_000 {
            if judge.isEmpty || chance.draw(below: 2) == 0 {
                numbers.append(next)
                judge.insert(next)
                next += Int64(1 + chance.draw(below: 3))
            } else {
                // Mostly the first, at times another, and at times one that is not there.
                let number = chance.draw(below: 4) > 0 ? judge.min() ?? 0 : Int64(chance.draw(below: Int(next)))
                numbers.remove(number)
                judge.remove(number)
            }
            #expect(numbers.first == judge.min())
        }
    }
}
