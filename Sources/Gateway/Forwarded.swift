internal import Model

/// The field `Forwarded`: elements with commas between them, which are pairs with semicolons between them.
///
/// What stands in quotes separates nothing. It may be what whoever sent the request wanted there, such as a `host`.
///
/// <https://www.rfc-editor.org/rfc/rfc7239#section-4>.
enum Forwarded {
    /// The elements of a field, in their order.
    static func elements(of field: String) -> [Substring] {
        split(field[...], at: ",")
    }

    /// Whom an element's proxy was asked by. Nil where that cannot be read, or is said twice.
    static func sender(in element: Substring) -> IPAddress? {
        var node: String?
        for pair in split(element, at: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].trimmingBlanks()
            guard !name.unicodeScalars.contains("\"") else { return nil }
            guard parts.count == 2 else { continue }
            guard let value = unquoted(parts[1].trimmingBlanks()) else { return nil }
            guard name.lowercased() == "for" else { continue }
            guard node == nil else { return nil }
            node = value
        }
        return node.flatMap { address(in: $0) }
    }

    /// The parts between separators, of which none is in quotes. Behind a quote that is not closed there are none.
    ///
    /// It goes by scalars: a quote with a combining mark behind it is another character, and yet a quote.
    private static func split(_ text: Substring, at separator: Unicode.Scalar) -> [Substring] {
        let scalars = text.unicodeScalars
        var parts: [Substring] = []
        var start = scalars.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in scalars.indices {
            let scalar = scalars[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, scalar == "\\" {
                isEscaped = true
            } else if scalar == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, scalar == separator {
                parts.append(text[start..<index])
                start = scalars.index(after: index)
            }
        }
        parts.append(text[start...])
        return parts.filter { !$0.isEmpty }
    }

    /// A value without its quotes and what escapes in them. Nil where it is quoted in part.
    private static func unquoted(_ text: String) -> String? {
        var rest = text.unicodeScalars[...]
        guard rest.contains("\"") else { return text }
        guard rest.popFirst() == "\"" else { return nil }
        var value = ""
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return rest.isEmpty ? value : nil
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.unicodeScalars.append(escaped)
            default: value.unicodeScalars.append(scalar)
            }
        }
        return nil
    }

    /// `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
    private static func address(in node: String) -> IPAddress? {
        if node.hasPrefix("["), let end = node.firstIndex(of: "]") {
            return IPAddress(node[node.index(after: node.startIndex)..<end])
        }
        return IPAddress(node.prefix { $0 != ":" })
    }
}
