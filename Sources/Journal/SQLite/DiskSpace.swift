import Glibc
import Model

/// How much room a disk has left, asked for once a second at most.
struct DiskSpace {
    /// Asks for the free bytes where a file lies; nil where it cannot be told.
    typealias Probe = @Sendable (_ path: String) -> Int64?

    private static let askAgainMs: Int64 = 1_000

    private let path: String
    private let reserveBytes: Int64
    private let probe: Probe
    private var askedAt: Instant?
    private var isShortNow = false

    init(path: String, reserveBytes: Int64, probe: @escaping Probe) {
        self.path = path
        self.reserveBytes = reserveBytes
        self.probe = probe
    }

    /// Whether less room is left than is held back for the log, for what the sinks record, and for pruning.
    mutating func isShort(at now: Instant) -> Bool {
        // A clock that was set back asks at once.
        if let askedAt, 0..<Self.askAgainMs ~= now.milliseconds(since: askedAt) { return isShortNow }
        askedAt = now
        isShortNow = probe(path).map { $0 < reserveBytes } ?? false
        return isShortNow
    }

    /// What the system says is free to whoever is not root.
    @Sendable static func freeBytes(at path: String) -> Int64? {
        var facts = statvfs()
        guard unsafe statvfs(path, &facts) == 0 else { return nil }
        let (bytes, overflow) = facts.f_bavail.multipliedReportingOverflow(by: facts.f_frsize)
        return overflow ? .max : Int64(clamping: bytes)
    }
}
