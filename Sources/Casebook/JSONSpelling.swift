/// One of the ways in which programs write the same JSON document.
///
/// Numbers stay as they are spelled; what another program would make of them is not guessed.
struct JSONSpelling {
    var layout = Layout.compact
    /// Whether an object's members come in the order of their names.
    var sortsNames = false
    /// Nil leaves each text escaped as it is.
    var escaping: JSONEscaping?

    enum Layout: CaseIterable {
        case compact, spaced, indentedByTwo, indentedByFour, indentedByTab
    }

    /// The document in this spelling.
    func spell(_ text: JSONText) -> [UInt8] {
        var rest = text.tokens[...]
        var bytes: [UInt8] = []
        append(value(from: &rest, of: text), to: &bytes, depth: 0)
        return bytes
    }

    /// A document taken apart.
    private indirect enum Node {
        /// A text or a literal, spelled.
        case leaf([UInt8])
        case array([Node])
        case object([(name: [UInt8], sortKey: String, value: Node)])
    }

    /// Takes one value off the front. The tokens are those of a document that was parsed, so they are in order.
    private func value(from tokens: inout ArraySlice<JSONText.Token>, of text: JSONText) -> Node {
        let token = tokens.removeFirst()
        switch token.kind {
        case .literal: return .leaf(text.spelling(of: token))
        case .string: return .leaf(spelled(token, of: text))
        case .mark(UInt8(ascii: "{")):
            var members: [(name: [UInt8], sortKey: String, value: Node)] = []
            while let next = tokens.first, next.kind != .mark(UInt8(ascii: "}")) {
                tokens.removeFirst()
                guard next.kind == .string else { continue }
                tokens.removeFirst()
                members.append((spelled(next, of: text), text.string(next), value(from: &tokens, of: text)))
            }
            tokens.removeFirst()
            return .object(sortsNames ? members.sorted { $0.sortKey < $1.sortKey } : members)
        case .mark:
            var elements: [Node] = []
            while let next = tokens.first, next.kind != .mark(UInt8(ascii: "]")) {
                guard next.kind != .mark(UInt8(ascii: ",")) else {
                    tokens.removeFirst()
                    continue
                }
                elements.append(value(from: &tokens, of: text))
            }
            tokens.removeFirst()
            return .array(elements)
        }
    }

    private func spelled(_ token: JSONText.Token, of text: JSONText) -> [UInt8] {
        escaping.map { $0.quoted(text.string(token)) } ?? text.spelling(of: token)
    }

    private func append(_ node: Node, to bytes: inout [UInt8], depth: Int) {
        switch node {
        case .leaf(let spelling): bytes += spelling
        case .array(let elements):
            appendList("[", elements, "]", to: &bytes, depth: depth) { element, bytes in
                append(element, to: &bytes, depth: depth + 1)
            }
        case .object(let members):
            appendList("{", members, "}", to: &bytes, depth: depth) { member, bytes in
                bytes += member.name
                bytes += Array((layout == .compact ? ":" : ": ").utf8)
                append(member.value, to: &bytes, depth: depth + 1)
            }
        }
    }

    private func appendList<Element>(
        _ opening: String, _ elements: [Element], _ closing: String, to bytes: inout [UInt8], depth: Int,
        each: (Element, inout [UInt8]) -> Void
    ) {
        bytes += Array(opening.utf8)
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes += Array((layout == .spaced ? ", " : ",").utf8) }
            bytes += lineStart(depth: depth + 1)
            each(element, &bytes)
        }
        if !elements.isEmpty { bytes += lineStart(depth: depth) }
        bytes += Array(closing.utf8)
    }

    /// A new line and its indentation, where the layout has lines.
    private func lineStart(depth: Int) -> [UInt8] {
        let indentation: String
        switch layout {
        case .compact, .spaced: return []
        case .indentedByTwo: indentation = "  "
        case .indentedByFour: indentation = "    "
        case .indentedByTab: indentation = "\t"
        }
        return Array(("\n" + String(repeating: indentation, count: depth)).utf8)
    }
}
