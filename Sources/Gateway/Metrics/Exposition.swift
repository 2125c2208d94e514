/// The text that Prometheus reads, one family after the other.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/ (read 2026-11-28).
struct Exposition {
    private(set) var text = ""

    /// What tells a line from its siblings: the names and values of its labels.
    typealias Labels = [(name: String, value: String)]

    enum Kind: String {
        case counter, gauge, histogram
    }

    private mutating func head(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A family of whole numbers. It is named where it has no lines yet, so that it can be found.
    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ lines: [(labels: Labels, value: Int64)]) {
        head(name, kind, help)
        text += lines.map { "\(name)\(Self.spelled($0.labels)) \($0.value)\n" }.sorted().joined()
    }

    /// A family of one line.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Int64) {
        family(name, kind, help, [([], value)])
    }

    /// A family of seconds, each given in microseconds.
    mutating func seconds(_ name: String, _ kind: Kind, _ help: String, _ lines: [(labels: Labels, us: Int64)]) {
        head(name, kind, help)
        text += lines.map { "\(name)\(Self.spelled($0.labels)) \(Self.seconds($0.us))\n" }.sorted().joined()
    }

    mutating func histograms(_ name: String, _ help: String, _ histograms: [(labels: Labels, histogram: Histogram)]) {
        head(name, .histogram, help)
        for (labels, histogram) in histograms {
            let reading = histogram.reading
            var count: Int64 = 0
            for (bucket, bound) in zip(reading.counts, histogram.boundsUs.map(Self.seconds) + ["+Inf"]) {
                count += bucket
                text += "\(name)_bucket\(Self.spelled(labels + [("le", bound)])) \(count)\n"
            }
            text += "\(name)_sum\(Self.spelled(labels)) \(Self.seconds(reading.sumUs))\n"
            text += "\(name)_count\(Self.spelled(labels)) \(count)\n"
        }
    }

    /// Microseconds as seconds, with as many digits as it takes.
    static func seconds(_ us: Int64) -> String {
        let (whole, rest) = us.quotientAndRemainder(dividingBy: 1_000_000)
        guard rest != 0 else { return String(whole) }
        var digits = String(rest.magnitude)
        digits = String(repeating: "0", count: 6 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(us < 0 ? "-" : "")\(whole.magnitude).\(digits)"
    }

    /// Such as `{source="mta",outcome="accepted"}`.
    private static func spelled(_ labels: Labels) -> String {
        guard !labels.isEmpty else { return "" }
        let parts = labels.map { name, value in
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
