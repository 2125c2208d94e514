internal import Front
internal import Journal
internal import Model
internal import Sinks
internal import Threads

/// How sinks come, change and go while the gateway runs.
extension Gateway {
    /// How long a sink that is to change or to go may take for what is on its way to it.
    private static let changeWithinMs: Int64 = 15_000

    /// Starts a sink where it last was. A name that was never seen begins at the first event there is.
    func startSink(_ settings: Settings.Sink) async throws(GatewayFault) {
        do {
            let progress = try await journal.progress(of: settings.name)
            let sink = try settings.open(position: progress.position, now: time.now)
            let forwarder = Forwarder(
                name: settings.name, sink: sink, filter: settings.filter, policy: settings.policy(for: sink),
                progress: progress, journal: journal, time: time, report: report)
            let task = Task { await forwarder.run() }
            forwarders[settings.name] = Running(settings: settings, forwarder: forwarder, task: task)
        } catch let error as JournalError {
            throw .journal(error)
        } catch {
            throw .sink(name: settings.name, problem: String(describing: error))
        }
    }

    /// How long after a sink could not be opened that is tried again.
    private static let openingPauseMs: Int64 = 5_000

    /// Starts a sink; where it cannot be opened that is told, its events wait, and it is tried again: no sink keeps
    /// callbacks from being taken in.
    func startSinkSoonerOrLater(_ sink: Settings.Sink) async throws(GatewayFault) {
        do throws(GatewayFault) {
            try await startSink(sink)
        } catch .sink(let name, let problem) {
            report(.sinkUnopened(sink: name, problem: problem))
            unopened[name] = Task { await tryAgain(sink, after: problem) }
        }
    }

    private func tryAgain(_ sink: Settings.Sink, after problem: String) async {
        var problem = problem
        defer { unopened[sink.name] = nil }
        while true {
            try? await time.sleep(Self.openingPauseMs)
            // A reload may have started it, changed it, or taken it away meanwhile.
            guard !Task.isCancelled, forwarders[sink.name] == nil, settings.sinks.contains(sink) else { return }
            do throws(GatewayFault) {
                try await startSink(sink)
                return report(.sinkBack(sink: sink.name))
            } catch {
                let now = error.description
                if now != problem { report(.sinkUnopened(sink: sink.name, problem: now)) }
                problem = now
            }
        }
    }

    /// Stops sinks side by side. What is still on its way to them when the time is over is given up.
    func stopSinks(_ names: [String], withinMs: Int64) async {
        let leaving = names.compactMap { forwarders.removeValue(forKey: $0) }
        let alarm = Task { [time] in
            try await time.sleep(withinMs)
            for running in leaving { await running.forwarder.giveUp() }
        }
        for running in leaving { await running.forwarder.stop() }
        for running in leaving { await running.task.value }
        alarm.cancel()
    }

    /// Takes over what can change without a restart: sources and sinks. Nothing that is under way is dropped.
    ///
    /// Where a sink cannot be started as it should be now, it goes on as it was, and so does all else.
    func reload(_ new: Settings) async throws(GatewayFault) {
        for sink in new.sinks where forwarders[sink.name]?.settings != sink {
            let old = forwarders[sink.name]?.settings
            await stopSinks([sink.name], withinMs: Self.changeWithinMs)
            guard !isDraining else { return }
            do {
                try await startSink(sink)
            } catch {
                if let old { try await startSink(old) }
                throw error
            }
        }
        await stopSinks(
            forwarders.keys.filter { name in !new.sinks.contains { $0.name == name } }, withinMs: Self.changeWithinMs)
        routes.withLock { $0 = Routes(new.sources, proxies: new.proxies, metrics: report.metrics) }
        for (key, isSame) in [
            ("listen", await renewCertificates(new.listen)), ("admin", new.admin == settings.admin),
            ("journal", new.journal == settings.journal), ("limits", new.limits == settings.limits),
            ("accessLog", new.accessLog == settings.accessLog),
        ] where !isSame {
            report(.reloadNeedsRestart(key: key))
        }
        settings.sources = new.sources
        settings.proxies = new.proxies
        settings.sinks = new.sinks
        report(.reloaded(sources: new.sources.count, sinks: new.sinks.count))
    }

    /// Gives each door the certificate that is configured for it now; connections that are there are not touched.
    /// - Returns: whether the doors are the same but for that.
    private func renewCertificates(_ listen: [Settings.Listener]) async -> Bool {
        guard listen.elementsEqual(settings.listen, by: { $0.isSameDoor(as: $1) }) else { return false }
        let frontsPerDoor = fronts.count / max(1, listen.count)
        for (index, front) in fronts.enumerated() {
            if let tls = listen[index / frontsPerDoor].tls { await front.renew(tls) }
        }
        settings.listen = listen
        return true
    }
}
