internal import Journal
internal import Threads

extension Gateway {
    /// Starts, works until a signal or a broken journal ends it, and stops.
    /// - Parameter reload: reads the configuration anew.
    /// - Returns: whether it ended because it was asked to.
    public static func run(
        _ settings: Settings, time: Time, report: Reporter, reload: @escaping @Sendable () throws -> Settings
    ) async throws(GatewayFault) -> Bool {
        let signals: Signals
        do { signals = try await Signals() } catch { throw .threads(error) }
        let gateway = try await start(settings, time: time, report: report)
        let isClean = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await signal in signals.arrivals {
                    guard signal == .reload else { return true }
                    await gateway.reload(by: reload, report)
                }
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
        await gateway.stop()
        signals.stop()
        return isClean
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
