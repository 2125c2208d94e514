internal import Model
internal import Providers
internal import Wire

/// What stands in the place of what: made by a key, and remembered.
struct Substitutes {
    /// A row of so many digits is a number of its own, wherever it stands.
    static let longNumberDigitsMin = 7

    private let key: HMACSHA256
    private let keywords: Set<String>
    private var known: [String: String] = [:]
    private var taken: Set<String> = []

    init(key: [UInt8], keywords: KeywordPack?) {
        self.key = HMACSHA256(key: key)
        self.keywords = Set(KeywordPack.standard.words.keys).union(keywords?.words.keys.map { $0 } ?? [])
    }

    /// Whether a text is a keyword and nothing else: what such a callback is about. Marks around it do not count, not even
    /// a question mark, for a case of a question is about just that.
    func isKeyword(_ text: String) -> Bool {
        guard text.utf8.count <= 256 else { return false }
        return keywords.contains(text.trimmingMarks().lowercased())
    }

    /// The substitute of an original: the same one each time, and no other original's.
    ///
    /// Where there are fewer substitutes than originals, as for a single digit, some are shared after all.
    mutating func substitute(
        for original: String, among kind: String, seed: String? = nil, _ make: (inout Chance) -> String
    ) -> String {
        let name = "\(kind) \(original)"
        if let known = known[name] { return known }
        var substitute = original
        for attempt in 0..<Self.attemptsMax {
            var chance = Chance(key: key, seed: "\(kind) \(seed ?? original) \(attempt)")
            substitute = make(&chance)
            if substitute != original, !taken.contains("\(kind) \(substitute)"), !isKeyword(substitute) { break }
        }
        known[name] = substitute
        taken.insert("\(kind) \(substitute)")
        return substitute
    }

    private static let attemptsMax = 64
}

/// A stream of numbers that a key and a seed determine.
struct Chance {
    private let key: HMACSHA256
    private let seed: [UInt8]
    private var block: [UInt8] = []
    private var blockCount = 0

    init(key: HMACSHA256, seed: String) {
        self.key = key
        self.seed = Array(seed.utf8)
    }

    mutating func byte() -> UInt8 {
        if block.isEmpty {
            block = key.code(for: Array("\(blockCount) ".utf8) + seed)
            blockCount += 1
        }
        return block.removeLast()
    }

    /// A number from 0 up to, and without, the bound.
    mutating func number(below bound: UInt32) -> UInt32 {
        (0..<4).reduce(UInt32(0)) { number, _ in number << 8 | UInt32(byte()) } % bound
    }

    /// One of the characters from the first to the last.
    mutating func character(from first: Unicode.Scalar, to last: Unicode.Scalar) -> Unicode.Scalar {
        Unicode.Scalar(first.value + number(below: last.value - first.value + 1)) ?? first
    }

    mutating func digit(from first: Unicode.Scalar = "0") -> Character {
        Character(character(from: first, to: "9"))
    }
}

extension String {
    /// Without blanks and marks around it.
    fileprivate func trimmingMarks() -> Substring {
        let isMark: (Character) -> Bool = { $0.isWhitespace || $0.isPunctuation }
        let start = firstIndex { !isMark($0) } ?? endIndex
        let end = lastIndex { !isMark($0) }.map { index(after: $0) } ?? startIndex
        return start < end ? self[start..<end] : ""
    }
}
