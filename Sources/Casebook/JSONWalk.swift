/// Follows the tokens of a JSON document, and tells of each text and literal where it stands.
struct JSONWalk {
    /// Where a value stands, or a member's name.
    struct Place {
        /// The member's name; within an array, that of the array.
        let name: String
        /// The names of the members that it lies in, the outermost first.
        let enclosing: [String]
        /// Whether it is itself the name of a member.
        let isName: Bool
    }

    private struct Frame {
        let isObject: Bool
        let name: String
    }

    private var frames: [Frame] = []
    private var member = ""
    private var expectsName = false

    /// Nil for a mark.
    mutating func take(_ token: JSONText.Token, text: () -> String) -> Place? {
        switch token.kind {
        case .mark(let mark):
            follow(mark)
            return nil
        case .string where expectsName:
            member = text()
            return place(isName: true)
        case .string, .literal: return place(isName: false)
        }
    }

    private var name: String {
        guard let frame = frames.last else { return "" }
        return frame.isObject ? member : frame.name
    }

    private func place(isName: Bool) -> Place {
        Place(name: name, enclosing: frames.map(\.name), isName: isName)
    }

    private mutating func follow(_ mark: UInt8) {
        switch mark {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isObject = mark == UInt8(ascii: "{")
            frames.append(Frame(isObject: isObject, name: name))
            expectsName = isObject
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            frames.removeLast()
            expectsName = false
        case UInt8(ascii: ","): expectsName = frames.last?.isObject ?? false
        default: expectsName = false
        }
    }
}
