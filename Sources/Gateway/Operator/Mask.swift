internal import Model
internal import Providers
internal import Wire

/// Hides what people wrote, and shows the shape it stood in.
enum Mask {
    /// What stands where a text stood. It tells nothing of it, not even its length.
    static let word = "•••"

    /// A vendor's body with every value hidden; nil where it is not JSON.
    static func body(_ bytes: [UInt8]) -> [UInt8]? {
        guard let json = try? JSON(bytes) else { return nil }
        return hidden(json).json
    }

    /// An event with what was written hidden: the content, the keyword's own words, and all that the vendor sends that the
    /// model does not know.
    static func event(_ bytes: [UInt8]) -> [UInt8] {
        guard let json = try? JSON(bytes), json.kind == .object else { return [] }
        let members = json.members.map { member in
            let value = member.name == "data" ? data(member.value) : Verbatim(member.value)
            return Verbatim.Member(name: member.name, value: value)
        }
        return Verbatim.object(members).json
    }

    private static func data(_ json: JSON) -> Verbatim {
        .object(
            json.members.map { name, value in
                switch name {
                case "content": Verbatim.Member(name: name, value: .array(value.elements.map { part($0) }))
                case "keyword": Verbatim.Member(name: name, value: part(value))
                case "subjectLine", "extra": Verbatim.Member(name: name, value: hidden(value))
                default: Verbatim.Member(name: name, value: Verbatim(value))
                }
            })
    }

    /// Members of a part whose values are words of ours, whatever was written beside them.
    private static let wordsOfOurs: Set<String> = ["type", "media", "action", "detectedBy", "match"]

    private static func part(_ json: JSON) -> Verbatim {
        .object(
            json.members.map { name, value in
                let isOurs = wordsOfOurs.contains(name) && value.kind == .string
                return Verbatim.Member(name: name, value: isOurs ? Verbatim(value) : hidden(value))
            })
    }

    private static func hidden(_ json: JSON) -> Verbatim {
        switch json.kind {
        case .null: .null
        case .array: .array(json.elements.map { hidden($0) })
        case .object: .object(json.members.map { Verbatim.Member(name: $0.name, value: hidden($0.value)) })
        case .bool, .number, .string: .string(word)
        }
    }
}
