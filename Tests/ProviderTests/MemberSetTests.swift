import Testing

@testable import Providers

/// Goal: a set of members holds just those that were put into it and not taken out again, the 64th and the 65th like the first.
struct MemberSetTests {
    private static let places = [0, 1, 62, 63, 64, 65, 127, 128, 5_000]

    @Test(arguments: places)
    func holdsOnePlaceAndNoOther(_ place: Int) {
        var set = MemberSet()
        set.insert(place)
        set.insert(place)
        #expect(Self.places.filter(set.contains) == [place])
        set.remove(place)
        #expect(!Self.places.contains(where: set.contains))
    }

    @Test(arguments: places)
    func losesOnePlaceAndNoOther(_ place: Int) {
        var set = MemberSet()
        for each in Self.places { set.insert(each) }
        set.remove(place)
        #expect(Self.places.filter { !set.contains($0) } == [place])
    }
}
