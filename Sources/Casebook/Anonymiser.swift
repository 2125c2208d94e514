public import Model
internal import Wire

/// Puts other values in the place of everything in a callback that tells of a person or an account.
///
/// What a callback is about stays: its fields, its white space and escapes, the vendor's words and codes, and a message
/// that is nothing but a keyword. Everything else is replaced, also where nobody knows the field: by something of the
/// same form, and nearly always of the same length. The same original has the same substitute wherever it stands, and
/// two originals never share one.
///
/// It is pure: what it makes depends on its key. Without the key nobody can tell whose number a substitute stands for by
/// trying all numbers there are, so a key should be drawn, used, and forgotten.
public struct Anonymiser: Sendable {
    private var substitutes: Substitutes
    private let keptNames: Set<String>
    private let daysLater: Int64

    /// - Parameters:
    ///   - keywords: words that stay as they are where they are a whole text, besides the built-in ones.
    ///   - names: members that stay as they are, name and value.
    ///   - days: how many days every time is moved, so that a case that is received at a certain moment does not tell of
    ///     the future.
    public init(key: [UInt8], keywords: KeywordPack? = nil, keeping names: Set<String> = [], movingDays days: Int64 = 0)
    {
        substitutes = Substitutes(key: key, keywords: keywords)
        keptNames = names
        daysLater = days
    }

    /// A JSON document with everything personal replaced, and nothing else changed.
    ///
    /// - Throws: where it is not JSON: then nothing in it can be found.
    public mutating func anonymise(_ body: [UInt8]) throws(CasebookError) -> [UInt8] {
        let text: JSONText
        do throws(JSON.Failure) { text = try JSONText(body) } catch {
            throw CasebookError(
                path: "the body",
                reason:
                    "is not JSON (\(error.reason) at byte \(error.offset)), so what is personal cannot be found in it")
        }
        var result: [UInt8] = []
        var copied = 0
        var walk = JSONWalk()
        for token in text.tokens {
            let place = walk.take(token) { text.string(token) }
            guard let place, let spelling = replacement(for: token, of: text, at: place) else { continue }
            result += body[copied..<token.range.lowerBound]
            result += spelling
            copied = token.range.upperBound
        }
        return result + body[copied...]
    }

    /// A single value that has no field, such as an address in a configuration.
    public mutating func anonymise(value: String) -> String {
        value.isEmpty ? value : replacement(for: value, as: .anything)
    }

    /// Nil where it stays.
    private mutating func replacement(
        for token: JSONText.Token, of text: JSONText, at place: JSONWalk.Place
    ) -> [UInt8]? {
        let spelling = text.spelling(of: token)
        switch token.kind {
        case .mark: return nil
        case .literal:
            guard !keptNames.contains(place.name), let number = String(validating: spelling, as: UTF8.self) else {
                return nil
            }
            return replacement(forNumber: number, as: MemberRole(place)).map { Array($0.utf8) }
        case .string:
            let original = text.string(token)
            let replaced = place.isName ? replacement(forName: original) : replacement(for: original, at: place)
            return replaced == original ? nil : JSONEscaping(of: spelling).quoted(replaced)
        }
    }

    /// A member's name stays, unless it is somebody's address, as in an object that has a member for each.
    private mutating func replacement(forName name: String) -> String {
        let shape = Shape(name)
        let isPlain = shape == .plain || shape == .file || keptNames.contains(name)
        return isPlain ? name : replacement(for: name, as: .anything)
    }

    private mutating func replacement(for original: String, at place: JSONWalk.Place) -> String {
        guard !original.isEmpty, !keptNames.contains(place.name) else { return original }
        return replacement(for: original, as: MemberRole(place))
    }

    private mutating func replacement(for original: String, as role: MemberRole) -> String {
        if substitutes.isKeyword(original) { return original }
        switch role {
        case .word where original.isVendorsWord: return original
        case .phrase where original.isVendorsPhrase: return original
        case .measure where original.utf8.allSatisfy(\.isOfNumber): return original
        case .latitude, .longitude:
            return replacement(forNumber: original, as: role) ?? substitutes.text(original)
        default: break
        }
        if let moved = original.movedTimestamp(days: daysLater) { return moved }
        switch Shape(original) {
        case .email: return substitutes.email(original)
        case .url: return substitutes.url(original, movingDays: daysLater)
        case .punctuatedNumber: return substitutes.punctuatedNumber(original)
        case .digest: return substitutes.digest(original)
        case .file: return substitutes.file(original)
        case .longNumber, .plain:
            guard role == .time, let moved = original.movedEpoch(days: daysLater) else {
                return substitutes.text(original)
            }
            return moved
        }
    }

    /// Nil where it stays, and for what is no number.
    private mutating func replacement(forNumber number: String, as role: MemberRole) -> String? {
        guard let parts = NumberParts(number) else { return nil }
        switch role {
        case .measure: return nil
        case .word where parts.digitCount <= String.vendorsDigitsMax: return nil
        case .latitude: return parts.coordinate(limit: 90, by: &substitutes)
        case .longitude: return parts.coordinate(limit: 180, by: &substitutes)
        case .time: return number.movedEpoch(days: daysLater) ?? parts.scrambled(by: &substitutes)
        default: return parts.scrambled(by: &substitutes)
        }
    }
}
