internal import Model
internal import Providers
internal import Wire

extension SignatureReading {
    private typealias Field = (name: String, value: String)

    private var fields: [Field] { webhook.headers.pairs.map { ($0.name, $0.value) } }

    /// Fields of the names that the vendor signs under, also where what is in them is no signature.
    private func isSignature(_ field: Field) -> Bool {
        Self.headers(of: webhook, by: provider).contains { $0.name.lowercased() == field.name.lowercased() }
    }

    /// The signature in another field, or in one of several.
    func otherHeaders() -> [Change] {
        single() + misplaced()
    }

    /// The same code in another spelling, with what stands before it or without.
    func otherSpellings(keepingPrefix keepsPrefix: Bool) -> [Change] {
        var changes: [Change] = []
        var seen: Set<[String]> = [fields.map(\.value)]
        for spelling in CodeSpelling.allCases {
            for writesHex in [true, false] {
                let changed = fields.map { field -> Field in
                    guard isSignature(field) else { return field }
                    return (field.name, spelling.respell(field.value, keepsPrefix, writesHex) ?? field.value)
                }
                guard seen.insert(changed.map(\.value)).inserted else { continue }
                let words = words(for: spelling, keepsPrefix: keepsPrefix)
                changes.append(Change(words: words) { $0.with(headers: changed) })
            }
        }
        return changes
    }

    private func words(for spelling: CodeSpelling, keepsPrefix: Bool) -> String {
        let label = fields.filter(isSignature).lazy.compactMap { CodeSpelling.label(in: $0.value) }.first
        let prefix = label.map { ", with `\($0)` before it" } ?? (keepsPrefix ? "" : ", with something before it")
        return "the signature is written in \(spelling.rawValue)\(prefix)"
    }

    /// Of several fields, one alone.
    private func single() -> [Change] {
        let signatures = fields.enumerated().filter { isSignature($0.element) }
        guard signatures.count > 1 else { return [] }
        return signatures.enumerated().map { number, signature in
            let kept = fields.enumerated().filter { !isSignature($0.element) || $0.offset == signature.offset }
            let words =
                "of \(signatures.count) signatures only number \(number + 1) is right, in `\(signature.element.name)`"
            return Change(words: words) { $0.with(headers: kept.map(\.element)) }
        }
    }

    /// A code under a name that the vendor does not use, as where a proxy renames what it passes on.
    private func misplaced() -> [Change] {
        fields.filter { !isSignature($0) }.flatMap { field -> [Change] in
            guard let code = CodeSpelling.code(in: field.value) else { return [] }
            return provider.keptHeaders.flatMap { name in
                [Hex.encode(code), Base64.encode(code)].map { value in
                    Change(words: "the signature is in `\(field.name)`, and not in `\(name)`") { request in
                        request.with(headers: request.fields.filter { !request.isSignature($0) } + [(name, value)])
                    }
                }
            }
        }
    }
}

/// How the 32 bytes of a code may be written in a header field.
private enum CodeSpelling: String, CaseIterable {
    case hexadecimal = "hexadecimal"
    case base64 = "Base64"
    case urlSafe = "the URL-safe alphabet of Base64"
    case unpadded = "Base64 without its padding"

    /// The field's value with its code written in the other way or in the same, with what stands before it or without.
    func respell(_ value: String, _ keepsPrefix: Bool, _ writesHex: Bool) -> String? {
        let (prefix, text) = Self.split(value)
        guard let code = decode(text), code.count == 32 else { return nil }
        return (keepsPrefix ? prefix : "") + (writesHex ? Hex.encode(code) : Base64.encode(code))
    }

    private func decode(_ text: String) -> [UInt8]? {
        switch self {
        case .hexadecimal: Hex.decode(text)
        case .base64: Base64.decode(text)
        case .urlSafe:
            text.contains { "-_".contains($0) } ? Base64.decodeLeniently(text.standardAlphabet) : nil
        case .unpadded: text.hasSuffix("=") ? nil : Base64.decodeLeniently(text)
        }
    }

    /// The code in a field of any name.
    static func code(in value: String) -> [UInt8]? {
        allCases.lazy.compactMap { $0.decode(split(value).code) }.first { $0.count == 32 }
    }

    /// Words for the algorithm that other vendors put before a code.
    private static let labels = ["sha256=", "sha-256=", "hmac-sha256=", "v1=", "v1,"]

    static func label(in value: String) -> String? {
        labels.first { value.lowercased().contains($0) }
    }

    /// What stands before the code, without such a label, and the code.
    private static func split(_ value: String) -> (prefix: String, code: String) {
        let trimmed = value.filter { $0 != "\"" && $0 != "'" }
        if let label = label(in: trimmed), let range = trimmed.lowercased().firstRange(of: label) {
            let distance = trimmed.lowercased().distance(from: trimmed.lowercased().startIndex, to: range.lowerBound)
            return (String(trimmed.prefix(distance)), String(trimmed.dropFirst(distance + label.count)))
        }
        guard let mark = trimmed.lastIndex(where: { $0 == ":" || $0 == " " }) else { return ("", trimmed) }
        return (String(trimmed[...mark]), String(trimmed[trimmed.index(after: mark)...]))
    }
}
