extension Verbatim {
    /// Indented by two blanks a level; what holds only scalars stands on one line.
    func write(to text: inout String, depth: Int) {
        let indent = String(repeating: "  ", count: depth + 1)
        let end = "\n" + String(repeating: "  ", count: depth)
        switch self {
        case .object(let members) where members.contains { !$0.value.isScalar }:
            text += "{"
            for (index, member) in members.enumerated() {
                text += (index == 0 ? "\n" : ",\n") + indent + Verbatim.string(member.name).compact + ": "
                member.value.write(to: &text, depth: depth + 1)
            }
            text += end + "}"
        case .array(let elements) where elements.contains { !$0.isScalar }:
            text += "["
            for (index, element) in elements.enumerated() {
                text += (index == 0 ? "\n" : ",\n") + indent
                element.write(to: &text, depth: depth + 1)
            }
            text += end + "]"
        default: text += compact
        }
    }

    private var isScalar: Bool {
        switch self {
        case .object, .array: false
        default: true
        }
    }

    private var compact: String { String(decoding: json, as: UTF8.self) }
}
