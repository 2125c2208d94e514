/// No name twice in an object, however it is spelled.
extension JSONParser {
    /// Up to so many names each is held against each; of more, their hashes are gathered.
    private static let pairsMax = 12

    func refuseDuplicates(in object: Int) throws(JSON.Failure) {
        let names = Names(tokens: tokens, upcoming: object + 1)
        var count = 0
        var hasEscapes = false
        for name in names {
            count += 1
            hasEscapes = hasEscapes || tokens[name].kind == .escaped
        }
        let areApart = !hasEscapes && (count <= Self.pairsMax ? areApartInPairs(names) : haveHashesApart(names))
        guard !areApart else { return }
        var seen = Set<[UInt8]>(minimumCapacity: count)
        for name in names where !seen.insert(JSONEscapes.resolved(bytes[tokens[name].range])).inserted {
            throw JSON.Failure(reason: "duplicate key", offset: Int(tokens[name].start))
        }
    }

    /// Where the names of the object stand among the tokens whose last member was read just now.
    private struct Names: Sequence, IteratorProtocol {
        let tokens: [JSONToken]
        var upcoming: Int

        mutating func next() -> Int? {
            guard upcoming < tokens.count else { return nil }
            defer { upcoming = Int(tokens[upcoming + 1].next) }
            return upcoming
        }
    }

    private func areApartInPairs(_ names: Names) -> Bool {
        for one in names {
            for other in names {
                if other == one { break }
                let areSame =
                    tokens[other].length == tokens[one].length && bytes[tokens[other].range] == bytes[tokens[one].range]
                if areSame { return false }
            }
        }
        return true
    }

    /// Whether no two names have the same hash, let alone the same bytes.
    private func haveHashesApart(_ names: Names) -> Bool {
        var seen = Set<UInt64>()
        return names.allSatisfy { seen.insert(hash(of: tokens[$0])).inserted }
    }

    /// FNV-1a. Whoever looks for names that share a hash gains nothing: they are compared in full then, as above.
    private func hash(of name: JSONToken) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in name.range { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        return hash
    }
}
