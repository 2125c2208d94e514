internal import Front
internal import Journal
internal import Model
internal import Threads

/// Looks at everything that mogate depends on and cannot mend: the machine, the disk, the configuration's consequences,
/// and the way to the sinks.
public struct Checkup: Sendable {
    let settings: Settings
    let time: Time

    public init(_ settings: Settings, time: Time) {
        self.settings = settings
        self.time = time
    }

    /// - Parameters:
    ///   - configuration: the configuration's file.
    ///   - probing: whether each HTTP sink is sent a probe event.
    public func findings(configuration: String, probing: Bool) async -> [Finding] {
        var findings = [library, clock, descriptors, rights]
        if settings.journal.log == nil { findings += disk(settings.journal.path) } else { findings += await log }
        if let path = settings.journal.spillPath { findings += await disk(path) + [spill(path)] }
        findings += files(configuration: configuration)
        findings += doors
        for sink in settings.sinks { findings.append(await finding(on: sink, probing: probing)) }
        return findings
    }

    // MARK: The machine

    /// The day that this was written on, 2026-11-28: a clock that stands before it has lost its battery.
    private static let earliest = Instant(microseconds: 1_795_824_000_000_000)

    private var clock: Finding {
        guard time.now() > Self.earliest else {
            return Finding("clock", .fail, "stands at \(time.now().rfc3339): signatures with a time will be refused")
        }
        return switch MachineClock.isKeptRight {
        case true?: Finding("clock", .ok, "kept right by the system")
        case false?: Finding("clock", .warn, "nothing keeps it right: run chrony or systemd-timesyncd")
        case nil: Finding("clock", .warn, "the system does not tell whether anything keeps it right")
        }
    }

    private var descriptors: Finding {
        let allowed = DescriptorLimit.raise()
        let wanted = Limits(settings.limits, beside: settings.sinks).descriptorsWanted
        guard allowed >= wanted else {
            return Finding(
                "descriptors", .fail,
                "\(allowed) allowed, \(wanted) wanted: raise LimitNOFILE, or lower limits.connections")
        }
        return Finding("descriptors", .ok, "\(allowed) allowed, \(wanted) wanted")
    }

    private var rights: Finding {
        ProcessSeclusion.isRoot
            ? Finding("rights", .warn, "this is root: serve as a user of its own, as deploy/mogate.service does")
            : Finding("rights", .ok, "not root")
    }

    // MARK: The disk

    /// A commit waits for one sync: with so long a one, vendors wait too long.
    private static let slowSyncUs: Int64 = 50_000

    private func disk(_ path: String) -> [Finding] {
        do throws(JournalError) {
            let disk = try JournalDisk(ofJournal: path)
            let took = try disk.syncTimesUs(times: 50).sorted()
            let (median, longest) = (took[took.count / 2], took[took.count - 1])
            let words = "a sync takes \(median) µs, \(longest) µs at most"
            let sync =
                median < 10
                ? Finding("disk", .warn, words + ": too short for a disk that keeps what it is told to")
                : Finding("disk", longest > Self.slowSyncUs ? .warn : .ok, words)
            return [sync, Self.finding(on: disk.weakness)]
        } catch {
            return [Finding("disk", .fail, "\(error)")]
        }
    }

    private static func finding(on weakness: JournalDisk.Weakness?) -> Finding {
        switch weakness {
        case .memory?: Finding("file system", .fail, "the journal is in memory, and gone with the power")
        case .network?:
            Finding("file system", .fail, "the journal is on a network's file system, whose locks cannot be relied on")
        case .layered?:
            Finding("file system", .warn, "the journal is in a container's own layer, and gone with it: use a volume")
        case nil: Finding("file system", .ok, "nothing speaks against it")
        }
    }

    /// What waits in the file that a log is spilled to.
    private func spill(_ path: String) async -> Finding {
        do throws(JournalError) {
            guard let waiting = try await SpillingJournal.waiting(at: path), waiting > 0 else {
                return Finding("spill", .ok, "nothing waits in \(path)")
            }
            return Finding(
                "spill", .warn,
                "\(waiting) requests wait in \(path) to be moved into the log, which a running "
                    + "`mogate serve` does")
        } catch {
            return Finding("spill", .fail, "\(error)")
        }
    }

    /// What the streams of a log are set to, as far as they tell.
    private var log: [Finding] {
        get async {
            guard let log = settings.journal.log else { return [] }
            do throws(JournalError) {
                let weaknesses = try await NATSJournal.weaknesses(of: log)
                let found = weaknesses.map { Finding("log", $0.isFatal ? .fail : .warn, $0.words) }
                let streams = found.isEmpty ? [Finding("log", .ok, "its streams are set as they must be")] : found
                // Whoever asks their monitors tells of them.
                guard settings.journal.monitors.isEmpty else { return streams }
                return streams + [
                    Finding(
                        "log's disks", .warn,
                        "see that each server has `sync_interval: always`, without which a power cut at most of them at "
                            + "once loses what was answered; with `journal.monitors` they are asked")
                ]
            } catch {
                return [Finding("log", .fail, "\(error)")]
            }
        }
    }

    // MARK: The doors

    private static let daysLeftMin: Int64 = 14

    private var doors: [Finding] {
        var findings = settings.listen.map { finding(on: $0) }
        if let admin = settings.admin {
            findings.append(
                admin.isLoopback
                    ? Finding("admin", .ok, "\(admin) is this machine's own")
                    : Finding("admin", .warn, "\(admin) shows events to whoever can reach it"))
        }
        if settings.proxies.networks.contains(where: { $0.overlaps("8.8.8.8/32") || $0.overlaps("2001:4860::/32") }) {
            findings.append(Finding("proxies", .fail, "the whole internet is believed about who it is"))
        }
        return findings
    }

    private func finding(on listener: Settings.Listener) -> Finding {
        let address = "\(listener.address)"
        if let tls = listener.tls {
            let days = tls.expiresAt.milliseconds(since: time.now()) / 86_400_000
            let words = "\(address) with TLS, whose certificate has \(days) days left"
            return Finding("door", days < 0 ? .fail : days < Self.daysLeftMin ? .warn : .ok, words)
        }
        guard listener.address.isLoopback else {
            return Finding("door", .warn, "\(address) without TLS: keys in headers and messages can be read on the way")
        }
        return settings.proxies.networks.isEmpty
            ? Finding(
                "door", .warn,
                "\(address) is for a proxy, and none is named in `trustedProxies`: all senders look like this machine")
            : Finding("door", .ok, "\(address) behind a proxy")
    }
}
