internal import Model

/// The name of the file that is written to, and of those that were put aside.
struct FileName: Equatable {
    /// Such as `events.ndjson`.
    let active: String
    /// Such as `events`.
    private let stem: Substring
    /// Such as `.ndjson`; empty where the name has none.
    private let suffix: Substring

    init(_ active: String) {
        self.active = active
        if let dot = active.lastIndex(of: "."), dot != active.startIndex {
            stem = active[..<dot]
            suffix = active[dot...]
        } else {
            stem = active[...]
            suffix = ""
        }
    }

    /// How many names there are for a file of one moment.
    static let archivesMax = 1_000

    /// What a file is called once it is put aside: after the moment it was started, such as
    /// `events-20261124T103000.000000Z.ndjson`, and with a number where that name is taken.
    func archive(startedAt: Instant, number: Int) -> String {
        let time = String(startedAt.rfc3339.filter { $0 != "-" && $0 != ":" })
        return "\(stem)-\(time)\(number == 0 ? "" : "-\(number)")\(suffix)"
    }

    /// What a file is called that was there before the sink was and has no saved position. It has another ending, so
    /// that nobody takes it for one that was delivered.
    func unclaimed(foundAt: Instant, number: Int) -> String {
        archive(startedAt: foundAt, number: number) + ".unclaimed"
    }
}
