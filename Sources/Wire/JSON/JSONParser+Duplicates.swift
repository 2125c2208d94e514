/// No name twice in an object, however it is spelled.
extension JSONParser {
    /// Up to so many names each is held against each; of more, their hashes are gathered.
    private static let pairsMax = 12

    func refuseDuplicates(in object: Int) throws(JSON.Failure) {
        var names: [Int] = []
        names.reserveCapacity((tokens.count - object) / 2)
        var index = object + 1
        var hasEscapes = false
        while index < tokens.count {
            names.append(index)
            hasEscapes = hasEscapes || tokens[index].kind == .escaped
            index = Int(tokens[index + 1].next)
        }
        let areApart = !hasEscapes && (names.count <= Self.pairsMax ? areApartInPairs(names) : haveHashesApart(names))
        guard !areApart else { return }
        var seen = Set<[UInt8]>(minimumCapacity: names.count)
        for name in names where !seen.insert(JSONEscapes.resolved(bytes[tokens[name].range])).inserted {
            throw JSON.Failure(reason: "duplicate key", offset: Int(tokens[name].start))
        }
    }

    private func areApartInPairs(_ names: [Int]) -> Bool {
        for (place, one) in names.enumerated() {
            for other in names.prefix(place)
            where tokens[other].length == tokens[one].length
                && bytes[tokens[other].range] == bytes[tokens[one].range]
            {
                return false
            }
        }
        return true
    }

    /// Whether no two names have the same hash, let alone the same bytes.
    private func haveHashesApart(_ names: [Int]) -> Bool {
        var seen = Set<UInt64>(minimumCapacity: names.count)
        return names.allSatisfy { seen.insert(hash(of: tokens[$0])).inserted }
    }

    /// FNV-1a. Whoever looks for names that share a hash gains nothing: they are compared in full then, as above.
    private func hash(of name: JSONToken) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in name.range { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        return hash
    }
}
