internal import Foundation
internal import Front
internal import Journal
internal import Threads

extension Gateway {
    /// Closes the process against whoever is not root. To be called before anything else, the first secret above all.
    public static func seclude() {
        ProcessSeclusion.begin()
    }

    /// Refuses to serve as root where anyone but this machine can connect.
    public static func refuseRoot(_ settings: Settings) throws(GatewayFault) {
        let doors = settings.listen.map(\.address) + [settings.admin].compactMap { $0 }
        guard !ProcessSeclusion.isRoot || doors.allSatisfy(\.isLoopback) else { throw .root }
    }

    /// Starts, works until a signal or a broken journal ends it, and stops.
    /// - Parameter reload: reads the configuration anew.
    /// - Returns: whether it ended because it was asked to.
    public static func run(
        _ settings: Settings, time: Time, report: Reporter, reload: @escaping @Sendable () throws -> Settings
    ) async throws(GatewayFault) -> Bool {
        DescriptorLimit.raise()
        let signals: Signals
        do { signals = try await Signals() } catch { throw .threads(error) }
        let (reloads, reloadRequests) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (stops, stopRequests) = AsyncStream.makeStream(of: Void.self)
        // From before the start on, which may hang as well. A disk or a sink that hangs does not keep the process: what was
        // promised is on the disk already. Nor does a person who asks twice have to wait.
        let listening = Task {
            var deadline: Task<Void, any Error>?
            for await signal in signals.arrivals {
                switch signal {
                case .reload: reloadRequests.yield()
                case .stop where deadline != nil: await leave(report, code: 70)
                case .stop:
                    stopRequests.yield()
                    deadline = leave(afterMs: settings.limits.drainMs + Self.overtimeMs, time, report, code: 70)
                }
            }
            deadline?.cancel()
        }
        let gateway: Gateway
        do {
            gateway = try await start(settings, time: time, report: report)
        } catch {
            signals.stop()
            await listening.value
            throw error
        }
        // One reload after the other, beside the signals: a stop does not wait for a reload.
        let reloading = Task { for await _ in reloads { await gateway.reload(by: reload, report) } }
        let isClean = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in stops { return true }
                return true
            }
            group.addTask {
                for await failure in gateway.breakages {
                    report(.journalBroken(error: failure))
                    return false
                }
                return true
            }
            let isClean = await group.next() ?? true
            group.cancelAll()
            return isClean
        }
        reloading.cancel()
        let deadline = isClean ? nil : leave(afterMs: Self.brokenMs, time, report, code: 74)
        await gateway.stop(withinMs: isClean ? nil : 0)
        deadline?.cancel()
        signals.stop()
        await listening.value
        return isClean
    }

    /// How much longer than configured a stop may take before the process leaves as it is.
    private static let overtimeMs: Int64 = 5_000

    /// How long a stop may take once the journal is not to be trusted: a new start is what helps, and soon.
    private static let brokenMs: Int64 = 800

    /// Leaves when the time is over, unless that is cancelled before.
    private static func leave(
        afterMs: Int64, _ time: Time, _ report: Reporter, code: Int32
    ) -> Task<Void, any Error> {
        Task {
            try await time.sleep(afterMs)
            await leave(report, code: code)
        }
    }

    /// Says so, and is gone: nothing is tidied up, for what hangs may hang in that as well.
    private static func leave(_ report: Reporter, code: Int32) async {
        report(.overdue)
        await report.output?.finish()
        _exit(code)
    }

    private func reload(by read: () throws -> Settings, _ report: Reporter) async {
        do {
            try await reload(read())
        } catch let faults as SettingsFaults {
            for fault in faults.faults { report(.reloadRefused(fault: fault.description)) }
        } catch {
            report(.reloadRefused(fault: String(describing: error)))
        }
    }
}
