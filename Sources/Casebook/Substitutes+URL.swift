extension Substitutes {
    /// An address of a file or a page: scheme, port, ending and the names in the query stay, and all else is replaced.
    ///
    /// What the query says of when the address stops working is moved as all times are.
    mutating func url(_ original: String, movingDays days: Int64) -> String {
        guard let mark = original.firstRange(of: "://") else { return text(original) }
        let rest = original[mark.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let path = rest.dropFirst(authority.count).prefix { !"?#".contains($0) }
        var behind = rest.dropFirst(authority.count + path.count)
        var result = original[..<mark.upperBound] + self.authority(authority) + self.path(path)
        if behind.hasPrefix("?") {
            let query = behind.dropFirst().prefix { $0 != "#" }
            result += "?" + self.query(query, movingDays: days)
            behind = behind.dropFirst(query.count + 1)
        }
        if behind.hasPrefix("#") { result += "#" + text(String(behind.dropFirst())) }
        return String(result)
    }

    private mutating func authority(_ original: Substring) -> String {
        guard let at = original.lastIndex(of: "@") else { return host(original) }
        return text(String(original[..<at])) + "@" + host(original[original.index(after: at)...])
    }

    private mutating func host(_ original: Substring) -> String {
        let name = original.prefix { $0 != ":" }
        return name.isEmpty ? text(String(original)) : domain(String(name)) + original.dropFirst(name.count)
    }

    private mutating func path(_ original: Substring) -> String {
        original.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            segment.isEmpty ? "" : Shape(String(segment)) == .file ? file(String(segment)) : text(String(segment))
        }
        .joined(separator: "/")
    }

    private mutating func query(_ original: Substring, movingDays days: Int64) -> String {
        original.split(separator: "&", omittingEmptySubsequences: false).map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { return field.isEmpty ? "" : text(String(field)) }
            return parts[0] + "=" + value(parts[1], of: parts[0], movingDays: days)
        }
        .joined(separator: "&")
    }

    private mutating func value(_ value: String, of name: String, movingDays days: Int64) -> String {
        switch name {
        case "Expires": value.movedEpoch(days: days) ?? text(value)
        case "X-Amz-Date": value.movedTimestamp(days: days) ?? text(value)
        case "X-Amz-Expires" where value.utf8.allSatisfy(\.isDigit), "X-Amz-Algorithm", "X-Amz-SignedHeaders": value
        default: value.isEmpty ? value : text(value)
        }
    }
}
