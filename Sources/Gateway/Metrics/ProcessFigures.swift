internal import Foundation

/// What the system says of this process.
struct ProcessFigures: Sendable {
    let cpuUs: Int64
    let residentBytes: Int64
    let openDescriptors: Int64

    /// The system counts processor time in these, whatever its clock: `USER_HZ`.
    private static let ticksPerSecond: Int64 = 100

    /// Nil where there is no `/proc`.
    init?() {
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        else { return nil }
        // The name comes second, in parentheses, and may hold anything; the state is the first behind it.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ").dropFirst()
        guard fields.count > 13, let user = Int64(fields[fields.startIndex + 11]),
            let system = Int64(fields[fields.startIndex + 12])
        else { return nil }
        cpuUs = (user + system) * 1_000_000 / Self.ticksPerSecond
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        residentBytes = (resident?.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0) * 1_024
        openDescriptors = Int64(descriptors.count)
    }
}
