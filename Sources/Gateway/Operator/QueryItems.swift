internal import Foundation

/// The part of a target behind its question mark: names and values, decoded.
struct QueryItems: Sendable {
    private var items: [(name: String, value: String)] = []

    /// Such as `limit=50&q=%2B1+123`.
    init(_ query: String?) {
        for item in (query ?? "").split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]) else { continue }
            items.append((name, parts.count == 2 ? Self.decoded(parts[1]) ?? "" : ""))
        }
    }

    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }

    /// The first value of that name that is not empty.
    subscript(name: String) -> String? {
        items.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    func all(_ name: String) -> Set<String> {
        Set(items.filter { $0.name == name && !$0.value.isEmpty }.map(\.value))
    }

    func integer(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }

    /// How many rows are wanted, within what one answer holds.
    var limit: Int { Int(min(max(1, integer("limit") ?? 50), 500)) }
}
