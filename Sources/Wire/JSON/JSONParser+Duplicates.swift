/// No name twice in an object, however it is spelled.
extension JSONParser {
    /// Up to so many names each is held against each; more are gathered in a table.
    private static let pairsMax = 12

    func refuseDuplicates(in object: Int) throws(JSON.Failure) {
        var names: [Int] = []
        var index = object + 1
        var hasEscapes = false
        while index < tokens.count {
            names.append(index)
            hasEscapes = hasEscapes || tokens[index].kind == .escaped
            index = Int(tokens[index + 1].next)
        }
        if hasEscapes {
            try refuseDuplicates(names) { token in JSONEscapes.resolved(bytes[token.range]) }
        } else if names.count <= Self.pairsMax {
            try refusePairs(names)
        } else {
            try refuseDuplicates(names) { token in PlainName(bytes: bytes[token.range]) }
        }
    }

    private func refusePairs(_ names: [Int]) throws(JSON.Failure) {
        for (place, one) in names.enumerated().dropFirst() {
            for other in names.prefix(place)
            where tokens[other].length == tokens[one].length
                && bytes[tokens[other].range] == bytes[tokens[one].range]
            {
                throw duplicate(one)
            }
        }
    }

    private func refuseDuplicates<Name: Hashable>(
        _ names: [Int], by name: (JSONToken) -> Name
    ) throws(JSON.Failure) {
        var seen = Set<Name>(minimumCapacity: names.count)
        for index in names {
            guard seen.insert(name(tokens[index])).inserted else { throw duplicate(index) }
        }
    }

    /// Bytes that are hashed all at once, where a slice would hash them one by one.
    private struct PlainName: Hashable {
        let bytes: ArraySlice<UInt8>

        func hash(into hasher: inout Hasher) {
            unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
    }

    private func duplicate(_ name: Int) -> JSON.Failure {
        JSON.Failure(reason: "duplicate key", offset: Int(tokens[name].start))
    }
}
