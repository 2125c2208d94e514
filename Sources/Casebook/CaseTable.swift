internal import Foundation
internal import Model

/// What a folder of cases covers, as a table in Markdown: made of what the cases come to, and of nothing else.
public struct CaseTable: Sendable {
    private struct Row {
        let provider: String
        let callback: String
        let shape: String
        let cases: [Case]
    }

    private let rows: [Row]

    /// A row for each provider and each thing that a case says it covers.
    public init(_ cases: [Case]) {
        let groups = Dictionary(grouping: cases) { [$0.provider, $0.covers ?? ""] }
        rows = groups.keys.sorted { Self.order($0).lexicographicallyPrecedes(Self.order($1)) }.map { key in
            let parts = key[1].split(separator: ", ", maxSplits: 1).map(String.init)
            return Row(
                provider: key[0], callback: parts.first ?? "", shape: parts.dropFirst().first ?? "",
                cases: groups[key] ?? [])
        }
    }

    /// What is about every callback alike comes after what is about one.
    private static func order(_ key: [String]) -> [String] {
        [key[0], key[1].isEmpty ? "2" : key[1].hasPrefix("any ") ? "1" : "0", key[1].lowercased(), key[1]]
    }

    public var markdown: String {
        let origins = Case.Origin.allCases
        let heading = ["vendor", "callback", "version or shape", "channels", "comes to"] + origins.map(\.rawValue)
        let rule = heading.indices.map { $0 < heading.count - origins.count ? "---" : "---:" }
        let lines = rows.map { row in
            let outcomes = row.cases.map { $0.outcome() }
            let cells = [row.provider, row.callback, row.shape].map { $0.isEmpty ? "–" : Self.escaped($0) }
            let counts = origins.map { origin in String(row.cases.count { $0.origin == origin }) }
            return cells + [Self.channels(of: outcomes), Self.results(of: outcomes)] + counts
        }
        return ([heading, rule] + lines).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    private static func channels(of outcomes: [Outcome]) -> String {
        let channels = Set(outcomes.flatMap(\.events).map(\.channel.rawValue)).sorted()
        return channels.isEmpty ? "–" : channels.joined(separator: ", ")
    }

    /// The types of event, without what all of them begin with; then what else may become of such a request.
    private static func results(of outcomes: [Outcome]) -> String {
        let types = Set(outcomes.flatMap(\.events).map(\.type))
        var results = Event.Kind.allCases.filter(types.contains).map {
            "`\($0.rawValue.replacing("mogate.", with: ""))`"
        }
        if outcomes.contains(where: { !$0.faults.isEmpty }) { results.append("quarantine") }
        if outcomes.contains(where: { $0.refusal != nil }) { results.append("refused") }
        return results.joined(separator: ", ")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("\n", with: " ")
    }
}
