internal import Front
internal import Journal
internal import Model
internal import Sinks
internal import Threads

/// How sinks come, change and go while the gateway runs.
extension Gateway {
    /// How long a sink that is to change or to go may take for what is on its way to it, and the next to be opened.
    private static let changeWithinMs: Int64 = 15_000

    /// Starts a sink where it last was. A name that was never seen begins at the first event there is.
    /// - Parameter withinMs: how long its opening is waited for; nil for as long as it takes.
    /// - Returns: whether it was started, which it is not where another node serves it.
    private func startSink(_ settings: Settings.Sink, withinMs: Int64?) async throws(GatewayFault) -> Bool {
        do {
            guard let progress = try await journal.takeTurn(at: settings.name) else { return false }
            // Meanwhile it may have been taken away, or started by another way.
            guard isToStart(settings.name) else { return true }
            let loop = nextSinkLoop()
            let sink = try await opened(settings, at: progress.position, on: loop, withinMs: withinMs)
            guard isToStart(settings.name) else {
                await sink.close()
                return true
            }
            let forwarder = Forwarder(
                name: settings.name, sink: sink, filter: settings.filter, policy: settings.policy(for: sink),
                progress: progress, journal: journal, on: loop, time: time, report: report)
            let task = Task {
                await forwarder.run()
                if await forwarder.isSuperseded { passOn(settings) }
            }
            forwarders[settings.name] = Running(settings: settings, forwarder: forwarder, task: task)
            return true
        } catch let error as JournalError {
            throw .journal(error)
        } catch {
            throw .sink(name: settings.name, problem: String(describing: error))
        }
    }

    private func isToStart(_ name: String) -> Bool {
        !Task.isCancelled && !isDraining && forwarders[name] == nil
    }

    /// Opens a sink. Where its file system hangs it is left alone with that: should it be open one day, it is closed.
    private func opened(
        _ settings: Settings.Sink, at position: [UInt8], on loop: EventLoop, withinMs: Int64?
    ) async throws(SinkError) -> any Sink {
        guard let path = settings.filePath else {
            return try await settings.open(position: position, on: loop, now: time.now)
        }
        let (outcomes, outcome) = AsyncStream.makeStream(of: Result<any Sink, SinkError>.self)
        let earlier = openings[path]
        let opening = Task { [time] in
            // One after the other: a second thread would only hang beside the first.
            await earlier?.value
            guard !Task.isCancelled else { return }
            do throws(SinkError) {
                let sink = try await settings.open(position: position, on: loop, now: time.now)
                if case .terminated = outcome.yield(.success(sink)) { await sink.close() }
            } catch {
                outcome.yield(.failure(error))
            }
        }
        openings[path] = opening
        let alarm = Task { [time] in
            guard let withinMs else { return }
            try await time.sleep(withinMs)
            outcome.finish()
        }
        defer {
            alarm.cancel()
            opening.cancel()
        }
        for await result in outcomes { return try result.get() }
        throw .unusable("the file system of \(path) does not answer")
    }

    /// How long the doors stay shut for sinks that take long to open.
    private static let openingMaxMs: Int64 = 2_000

    /// How long after a sink could not be opened that is tried again.
    private static let openingPauseMs: Int64 = 5_000

    /// Starts sinks side by side. Where one cannot be opened that is told, its events wait, and it is tried again: no sink
    /// keeps callbacks from being taken in.
    ///
    /// A log that was reached a moment ago may be out of reach in this one. Whatever else is wrong with a journal is for a
    /// person to look at before anything is served from it.
    func startSinks(_ sinks: [Settings.Sink]) async throws(GatewayFault) {
        let starts = sinks.map { sink in Task { await outcome(ofStarting: sink) } }
        // Told in their order, whichever came first.
        for (sink, start) in zip(sinks, starts) {
            do throws(GatewayFault) {
                if try await !start.value.get() { waitElsewhere(sink) }
            } catch {
                if case .journal(let failure) = error, failure != .busy { throw error }
                startLater(sink, after: error)
            }
        }
    }

    private func outcome(ofStarting sink: Settings.Sink) async -> Result<Bool, GatewayFault> {
        do throws(GatewayFault) {
            return .success(try await startSink(sink, withinMs: Self.openingMaxMs))
        } catch {
            return .failure(error)
        }
    }

    /// Tells why a sink could not be started, and tries it again and again.
    private func startLater(_ sink: Settings.Sink, after fault: GatewayFault) {
        guard !isDraining else { return }
        let problem = fault.sinkProblem
        report(.sinkUnopened(sink: sink.name, problem: problem))
        unopened[sink.name] = Task { await tryAgain(sink, after: problem) }
    }

    private func tryAgain(_ sink: Settings.Sink, after problem: String) async {
        var problem = problem
        while true {
            try? await time.sleep(Self.openingPauseMs)
            guard !Task.isCancelled else { return }
            do throws(GatewayFault) {
                try await startSinkInItsTurn(sink, withinMs: nil)
                guard !Task.isCancelled else { return }
                unopened[sink.name] = nil
                return report(.sinkBack(sink: sink.name))
            } catch {
                guard !Task.isCancelled else { return }
                let now = error.sinkProblem
                if now != problem { report(.sinkUnopened(sink: sink.name, problem: now)) }
                problem = now
            }
        }
    }

    /// Ends the tries to open sinks, and returns once none is under way.
    func endOpening(of names: [String]) async {
        let tries =
            names.compactMap { unopened.removeValue(forKey: $0) }
            + names.compactMap { waiting.removeValue(forKey: $0) }
        for task in tries { task.cancel() }
        for task in tries { await task.value }
    }

    /// Starts a sink, or waits for the turn at it where another node serves it.
    private func startSinkInItsTurn(_ sink: Settings.Sink, withinMs: Int64?) async throws(GatewayFault) {
        guard try await !startSink(sink, withinMs: withinMs) else { return }
        waitElsewhere(sink)
    }

    private func waitElsewhere(_ sink: Settings.Sink) {
        report(.sinkElsewhere(sink: sink.name))
        waiting[sink.name] = Task { await waitForTurn(at: sink) }
    }

    /// How often it is asked whether a sink has lost the node that served it.
    private static let turnPauseMs: Int64 = 1_000

    /// Asks again and again for the turn at a sink that another node serves, and starts it when it comes.
    private func waitForTurn(at sink: Settings.Sink) async {
        defer { waiting[sink.name] = nil }
        while true {
            try? await time.sleep(Self.turnPauseMs)
            guard !Task.isCancelled, forwarders[sink.name] == nil else { return }
            do throws(GatewayFault) {
                guard try await startSink(sink, withinMs: nil) else { continue }
                return report(.sinkOurs(sink: sink.name))
            } catch {
                // The log is out of reach, as all else tells.
                continue
            }
        }
    }

    /// Another node serves the sink by now: what is left here is to wait for the next turn.
    private func passOn(_ sink: Settings.Sink) {
        guard !isDraining, forwarders[sink.name]?.settings == sink else { return }
        forwarders[sink.name] = nil
        waitElsewhere(sink)
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

    private func endSink(_ name: String) async {
        await endOpening(of: [name])
        await stopSinks([name], withinMs: Self.changeWithinMs)
    }

    /// How each of the sinks stands, in the order of their names.
    ///
    /// One that cannot be opened falls behind as one that is down does, and is to be heard of as that is.
    /// - Parameter stored: what the journal knows of them.
    func sinkStates(_ stored: [SinkState]) async -> [(name: String, state: Forwarder.State)] {
        var states: [(String, Forwarder.State)] = []
        // What another node serves is that one's to tell.
        for name in settings.sinks.map(\.name).sorted() where waiting[name] == nil {
            if let running = forwarders[name] {
                states.append((name, await running.forwarder.state))
            } else {
                let cursor = stored.first { $0.name == name }?.cursor ?? 0
                let lag = max(0, (archive?.journal.figures.newest ?? cursor) - cursor)
                states.append((name, Forwarder.State(isDown: true, lag: lag, oldest: lag > 0 ? startedAt : nil)))
            }
        }
        return states
    }

    /// Takes over what can change without a restart: sources and sinks. Nothing that is under way is dropped.
    ///
    /// Where a sink cannot be started as it should be now, all goes on as it was.
    func reload(_ new: Settings) async throws(GatewayFault) {
        let old = settings.sinks
        try await change(old, to: new.sinks)
        guard !isDraining else { return }
        for sink in old where !new.sinks.contains(where: { $0.name == sink.name }) { await endSink(sink.name) }
        for front in fronts { await front.trust(new.proxies.networks) }
        routes.withLock { $0 = Routes(new.sources, proxies: new.proxies, metrics: report.metrics) }
        for (key, isSame) in [
            ("listen", await renewCertificates(new.listen)),
            (
                "admin",
                new.admin == settings.admin && new.adminToken == settings.adminToken
                    && new.adminHosts == settings.adminHosts
            ),
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

    /// Starts the sinks that are new or changed, or has all as it was where one of them cannot be started.
    private func change(_ old: [Settings.Sink], to new: [Settings.Sink]) async throws(GatewayFault) {
        let starting = new.filter { !old.contains($0) }
        // Nobody writes into a file that another sink writes into: whoever has it ends before the next one starts.
        let files = Set(starting.compactMap(\.filePath))
        let leaving = old.filter { sink in !new.contains(sink) && sink.filePath.map(files.contains) ?? false }
        for sink in leaving { await endSink(sink.name) }
        // They start last: a sink that is new puts a file aside that it finds, which its last one would look for in vain.
        let left = Set(leaving.compactMap(\.filePath))
        let takesOver = { (sink: Settings.Sink) in sink.filePath.map(left.contains) ?? false }
        var changed: [String] = []
        do throws(GatewayFault) {
            for sink in starting.filter({ !takesOver($0) }) + starting.filter(takesOver) {
                changed.append(sink.name)
                await endSink(sink.name)
                try await startSinkInItsTurn(sink, withinMs: Self.changeWithinMs)
            }
        } catch {
            for name in changed { await endSink(name) }
            for sink in old where leaving.contains(sink) || changed.contains(sink.name) { await putBack(sink) }
            throw error
        }
    }

    /// Starts a sink as it was, now or later: what kept the new one from being started may keep this one from it too.
    private func putBack(_ sink: Settings.Sink) async {
        do throws(GatewayFault) {
            try await startSinkInItsTurn(sink, withinMs: Self.changeWithinMs)
        } catch {
            startLater(sink, after: error)
        }
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
