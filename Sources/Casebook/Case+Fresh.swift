internal import Model
internal import Wire

extension Case {
    /// The case's body with ids of its own in the place of the vendor's, as if it were another callback of the same kind.
    ///
    /// Vendors' samples share ids that real callbacks never share, and a gateway takes the same id for the same callback.
    /// The same seed gives the same ids; each keeps its length, digits stay digits, and hexadecimal stays so.
    public func freshBody(seed: String) -> [UInt8] {
        let ids = Set(outcome().events.compactMap(\.providerMessageId)).sorted()
        return ids.reduce(webhook.body) { body, id in
            guard id.utf8.count >= Self.idBytesMin else { return body }
            return body.replacing(Array(id.utf8), with: Self.freshID(like: id, seed: "\(self) \(seed)"))
        }
    }

    /// Shorter ones may stand in the body for something else.
    private static let idBytesMin = 6

    private static func freshID(like id: String, seed: String) -> [UInt8] {
        var digits: [UInt8] = []
        while digits.count < id.utf8.count {
            digits += Digest.sha256(Array("\(id) \(seed) \(digits.count)".utf8))
        }
        return zip(id.utf8, digits).enumerated().map { index, pair in
            let (byte, chance) = pair
            switch byte {
            // A number must not begin with 0.
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                return UInt8(ascii: "0") + (index == 0 ? 1 + chance % 9 : chance % 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): return UInt8(ascii: "A") + chance % 6
            case UInt8(ascii: "a")...UInt8(ascii: "f"): return UInt8(ascii: "a") + chance % 6
            default: return byte
            }
        }
    }
}
