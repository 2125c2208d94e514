internal import Model
internal import Threads

/// What is counted while the process runs, and how it is told to Prometheus.
///
/// Labels are bounded: the names of configured sources and sinks, and words of our own.
public final class Metrics: Sendable {
    /// One line of a family: its name and what tells it from its siblings.
    struct Series: Hashable, Sendable {
        let family: Family
        let labels: [String]

        static func requests(source: String, outcome: String) -> Series {
            Series(family: .requests, labels: [source, outcome])
        }

        static func events(_ label: Label) -> Series {
            Series(family: .events, labels: [label.provider, label.channel, label.type])
        }

        static func quarantined(source: String) -> Series {
            Series(family: .quarantined, labels: [source])
        }

        static func drift(provider: String, kind: String) -> Series {
            Series(family: .drift, labels: [provider, kind])
        }

        static func deliveries(sink: String, outcome: String) -> Series {
            Series(family: .deliveries, labels: [sink, outcome])
        }
    }

    enum Family: String, CaseIterable, Sendable {
        case requests = "mogate_requests_total"
        case events = "mogate_events_total"
        case quarantined = "mogate_quarantined_total"
        case drift = "mogate_drift_total"
        case deliveries = "mogate_deliveries_total"

        var help: String {
            switch self {
            case .requests: "Requests by source and outcome; the source is empty where none was addressed."
            case .events: "New events by provider, channel and type."
            case .quarantined: "Parts of authentic requests that were not understood, by source."
            case .drift: "Sightings of fields, words and shapes that this version does not know, by provider."
            case .deliveries: "Deliveries to sinks by outcome: taken, later (to be tried again) or never."
            }
        }

        var labelNames: [String] {
            switch self {
            case .requests: ["source", "outcome"]
            case .events: ["provider", "channel", "type"]
            case .quarantined: ["source"]
            case .drift: ["provider", "kind"]
            case .deliveries: ["sink", "outcome"]
            }
        }
    }

    /// Something measured when it is asked for, or counted elsewhere.
    struct Gauge: Sendable {
        let name: String
        let help: String
        var kind = Kind.gauge
        /// Pairs of a label part such as `{sink="crm"}` (or nothing) and the value.
        let values: [(labels: String, value: Int64)]

        enum Kind: String, Sendable {
            case gauge, counter
        }
    }

    private let counts = Lock<[Series: Int64]>([:])

    public init() {}

    func add(_ amount: Int64, to series: Series) {
        counts.withLock { $0[series, default: 0] += amount }
    }

    /// All of it in Prometheus' text format.
    func exposition(with gauges: [Gauge]) -> String {
        let counts = counts.withLock { $0 }
        var text = ""
        for family in Family.allCases {
            text += "# HELP \(family.rawValue) \(family.help)\n# TYPE \(family.rawValue) counter\n"
            let lines = counts.filter { $0.key.family == family }.map { series, count in
                "\(family.rawValue)\(Self.labels(Array(zip(family.labelNames, series.labels)))) \(count)\n"
            }
            text += lines.sorted().joined()
        }
        for gauge in gauges {
            text += "# HELP \(gauge.name) \(gauge.help)\n# TYPE \(gauge.name) \(gauge.kind.rawValue)\n"
            text += gauge.values.map { "\(gauge.name)\($0.labels) \($0.value)\n" }.joined()
        }
        return text
    }

    /// Such as `{source="mta",outcome="accepted"}`.
    static func labels(_ pairs: [(String, String)]) -> String {
        let parts = pairs.map { name, value in
            let escaped = value.map { character -> String in
                switch character {
                case "\\": #"\\"#
                case "\"": #"\""#
                case "\n": #"\n"#
                default: String(character)
                }
            }
            return "\(name)=\"\(escaped.joined())\""
        }
        return "{\(parts.joined(separator: ","))}"
    }
}
