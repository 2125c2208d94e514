import Model
import Wire

/// A text, a number or a truth value somewhere in a body.
struct Leaf {
    let path: String
    let text: String
}

/// Takes JSON apart, to look for each piece of one document in another.
enum Leaves {
    /// All that say something: `null` and empty texts do not.
    static func all(in body: [UInt8]) -> [Leaf] {
        guard let json = try? JSON(body) else { return [] }
        var leaves: [Leaf] = []
        collect(json, at: "$", into: &leaves)
        return leaves
    }

    /// The vendor's own fields are taken from the event and not from its JSON, where they may lie deeper than we read.
    static func texts(of events: [Event]) -> Set<String> {
        var leaves: [Leaf] = []
        for event in events {
            collect(.object(event.extra), at: "$", into: &leaves)
            var rest = event
            rest.extra = []
            leaves += all(in: rest.canonicalBytes)
        }
        return Set(leaves.map(\.text))
    }

    private static func collect(_ value: Verbatim, at path: String, into leaves: inout [Leaf]) {
        switch value {
        case .null: break
        case .bool(let value): leaves.append(Leaf(path: path, text: String(value)))
        case .integer(let value): leaves.append(Leaf(path: path, text: String(value)))
        case .real(let value): leaves.append(Leaf(path: path, text: String(describing: value)))
        case .string(let value): leaves.append(Leaf(path: path, text: value))
        case .array(let elements):
            for element in elements { collect(element, at: path, into: &leaves) }
        case .object(let members):
            for member in members { collect(member.value, at: path, into: &leaves) }
        }
    }

    private static func collect(_ json: JSON, at path: String, into leaves: inout [Leaf]) {
        switch json.kind {
        case .object:
            for member in json.members { collect(member.value, at: "\(path).\(member.name)", into: &leaves) }
        case .array:
            for (index, element) in json.elements.enumerated() {
                collect(element, at: "\(path)[\(index)]", into: &leaves)
            }
        case .null: break
        case .bool: leaves.append(Leaf(path: path, text: json.bool == true ? "true" : "false"))
        case .number:
            let text = json.integer.map { String($0) } ?? String(describing: json.double ?? 0)
            leaves.append(Leaf(path: path, text: text))
        case .string:
            if let text = json.string, !text.isEmpty { leaves.append(Leaf(path: path, text: text)) }
        }
    }
}

/// What a vendor's field becomes where it is not kept as it was spelled.
enum StandIns {
    static func hold(_ leaf: Leaf, of provider: String, in texts: Set<String>) -> Bool {
        if let instant = Instant(rfc3339: leaf.text), texts.contains(instant.rfc3339) { return true }
        return byProvider[provider]?.contains { $0(leaf, texts) } ?? false
    }

    typealias Rule = @Sendable (Leaf, Set<String>) -> Bool

    private static let byProvider: [String: [Rule]] = [
        "mobile-text-alerts": [
            // The name of the event is the type of ours.
            { leaf, texts in
                guard let name = names[leaf.text], eventNamePaths.contains(leaf.path) else { return false }
                return texts.contains(name)
            },
            // A true flag is the cause of a change of consent; a false one is kept as it is.
            { leaf, texts in
                leaf.path.hasSuffix(".isOptOutMessage") && leaf.text == "true" && texts.contains("optOutFlag")
            },
        ],
        "telesign": telesign,
    ]

    private static let eventNamePaths: Set<String> = ["$.type", "$.event", "$.data.type"]

    private static let names = [
        "message-reply": "mogate.message.received",
        "delivery-status": "mogate.message.status",
        "message-send": "mogate.message.sent",
        "number-opt-in": "mogate.consent.changed",
    ]
}
