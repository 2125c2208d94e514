internal import Model
internal import Providers
internal import Wire

/// Reads the source of a case: what the case itself says of it first, then what all cases of its provider share.
struct SourceReader {
    /// The file that is blamed.
    let path: String
    let provider: String
    /// Objects, the one that counts first. A `null` takes away what lies behind it.
    let layers: [JSON]

    private static let members: Set<String> = [
        "name", "auth", "secrets", "channel", "event", "customerId", "address", "defaultCallingCode", "keywords",
    ]

    func source() throws(CasebookError) -> Source {
        for layer in layers {
            for member in layer.members where !Self.members.contains(member.name) {
                throw fault(member.name, "is not known")
            }
        }
        guard let name = try text("name") else { throw fault("name", "is missing") }
        return Source(
            name: name, provider: provider,
            authentication: try word("auth", Source.Authentication.self) ?? .signature, secrets: try secrets(),
            channel: try word("channel", Channel.self), event: try text("event"), customerID: try text("customerId"),
            address: try text("address"), defaultCallingCode: try text("defaultCallingCode"),
            keywords: try keywords())
    }

    private func secrets() throws(CasebookError) -> [Secret] {
        guard let provider = Providers.provider(named: provider), let texts = value("secrets")?.elements else {
            return []
        }
        var secrets: [Secret] = []
        for (index, text) in texts.enumerated() {
            do throws(KeyFault) {
                let key = try provider.signingKey(from: text.string ?? "")
                secrets.append(Secret(name: "secret-\(index + 1)", key: key))
            } catch {
                throw fault("secrets", error.reason)
            }
        }
        return secrets
    }

    /// `"detect"` takes the built-in words; an object of words adds to them.
    private func keywords() throws(CasebookError) -> KeywordPack? {
        guard let value = value("keywords") else { return nil }
        if value.string == "detect" { return .standard }
        guard value.kind == .object else { throw fault("keywords", "is neither `detect` nor an object") }
        var words: [String: Keyword.Action] = [:]
        for member in value.members {
            guard let action = Keyword.Action(rawValue: member.name) else {
                throw fault("keywords", "has an unknown action")
            }
            for word in member.value.elements.compactMap(\.string) { words[KeywordPack.spelling(of: word)] = action }
        }
        return KeywordPack.standard.merging(KeywordPack(words: words))
    }

    private func word<Word: RawRepresentable>(
        _ name: String, _: Word.Type
    ) throws(CasebookError) -> Word? where Word.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw fault(name, "is not a word that is known") }
        return word
    }

    private func text(_ name: String) throws(CasebookError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw fault(name, "is not a string") }
        return text
    }

    private func value(_ name: String) -> JSON? {
        layers.lazy.compactMap { $0[name] }.first.flatMap { $0.isNull ? nil : $0 }
    }

    private func fault(_ name: String, _ reason: String) -> CasebookError {
        CasebookError(path: path, reason: "the source's `\(name)` \(reason)")
    }
}
