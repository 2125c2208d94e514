public import Model
public import Wire

extension Verbatim {
    /// The value as it was read.
    public init(_ json: JSON) {
        self =
            switch json.kind {
            case .null: .null
            case .bool: .bool(json.bool ?? false)
            case .number: json.integer.map { .integer($0) } ?? .real(json.double ?? 0)
            case .string: .string(json.string ?? "")
            case .array: .array(json.elements.map { Verbatim($0) })
            case .object: .object(json.members.map { Member(name: $0.name, value: Verbatim($0.value)) })
            }
    }
}
