internal import Front
internal import Journal
internal import Model
internal import Threads

/// The whole of it: journal, front doors, forwarders and the admin address, started and stopped in the right order.
public actor Gateway {
    private let time: Time
    private let report: Reporter
    private var settings: Settings
    private let journal: SQLiteJournal
    private let routes: Lock<Routes>
    private let loops: [EventLoop]
    private var fronts: [Front] = []
    private var adminFront: Front?
    private var forwarders: [String: Running] = [:]
    private var isDraining = false
    /// Says once that the journal is not to be trusted any more, if it ever comes to that.
    let breakages: AsyncStream<JournalError>

    /// A forwarder that works, and the task it works in.
    private struct Running {
        let settings: Settings.Sink
        let forwarder: Forwarder
        let task: Task<Void, Never>
    }

    /// Opens the journal, starts the sinks, and then the doors: nobody is let in before all is ready behind.
    static func start(
        _ settings: Settings, time: Time, report: Reporter
    ) async throws(GatewayFault) -> Gateway {
        let (breakages, breaks) = AsyncStream.makeStream(of: JournalError.self)
        let journal: SQLiteJournal
        do {
            var journalSettings = SQLiteJournal.Settings()
            journalSettings.reserveBytes = settings.journal.reserveBytes
            journal = try SQLiteJournal.open(
                at: settings.journal.path, settings: journalSettings, now: time.now,
                whenBroken: { breaks.yield($0) })
        } catch {
            throw .journal(error)
        }
        do throws(GatewayFault) {
            let gateway = try Gateway(settings, journal: journal, breakages: breakages, time: time, report: report)
            try await gateway.open()
            return gateway
        } catch {
            await journal.close()
            throw error
        }
    }

    private init(
        _ settings: Settings, journal: SQLiteJournal, breakages: AsyncStream<JournalError>, time: Time,
        report: Reporter
    ) throws(GatewayFault) {
        self.settings = settings
        self.journal = journal
        self.breakages = breakages
        self.time = time
        self.report = report
        routes = Lock(Routes(settings.sources))
        do {
            // The admin address has a loop of its own: it answers while the others are busy.
            var loops = [try EventLoop(name: "admin")]
            for number in 0..<settings.limits.loops { loops.append(try EventLoop(name: "front-\(number)")) }
            self.loops = loops
        } catch {
            throw .threads(error)
        }
    }

    private func open() async throws(GatewayFault) {
        for sink in settings.sinks { try await startSink(sink) }
        var bound: [String] = []
        for address in settings.listen {
            var port = address.port
            for loop in loops.dropFirst() {
                // With port 0 the system chooses once, and every further loop shares its choice.
                let shared = ListenAddress(host: address.host, port: port)
                let front = Front(
                    loop: loop, address: shared, limits: frontLimits, now: time.now, handler: intake.answer)
                port = try await listen(front)
                fronts.append(front)
            }
            bound.append(ListenAddress(host: address.host, port: port).description)
        }
        var adminAddress: String?
        if let address = settings.admin, let loop = loops.first {
            let front = Front(loop: loop, address: address, limits: Limits(), now: time.now, handler: admin.answer)
            let port = try await listen(front)
            adminFront = front
            adminAddress = ListenAddress(host: address.host, port: port).description
        }
        report(
            .started(
                listen: bound, admin: adminAddress, sources: settings.sources.count, sinks: settings.sinks.count))
    }

    private func listen(_ front: Front) async throws(GatewayFault) -> UInt16 {
        do { return try await front.listen() } catch { throw .front(error) }
    }

    private var frontLimits: Limits {
        var limits = Limits()
        limits.bodyBytesMax = settings.limits.bodyBytes
        limits.connectionsMax = settings.limits.connections
        limits.requestsInFlightMax = settings.limits.requestsInFlight
        limits.retryAfterSeconds = Intake.retryAfterSeconds
        return limits
    }

    private var intake: Intake {
        Intake(routes: routes, journal: journal, report: report)
    }

    private var admin: Admin {
        Admin(
            unreadiness: { [weak self] in
                guard let self else { return "stopping" }
                return await self.unreadiness
            },
            metrics: { [weak self] in await self?.metrics ?? "" })
    }

    // MARK: Sinks

    private func startSink(_ settings: Settings.Sink) async throws(GatewayFault) {
        do {
            let progress = try await journal.progress(of: settings.name)
            let retries = try await journal.retries(of: settings.name, dueBy: .distantFuture, limit: Outbox.retriesMax)
            let sink = try settings.open(position: progress.position, now: time.now)
            let forwarder = Forwarder(
                name: settings.name, sink: sink, filter: settings.filter,
                policy: settings.policy(for: sink), cursor: progress.cursor, retries: retries, journal: journal,
                time: time, report: report)
            let task = Task { await forwarder.run() }
            forwarders[settings.name] = Running(settings: settings, forwarder: forwarder, task: task)
        } catch let error as JournalError {
            throw .journal(error)
        } catch {
            throw .sink(name: settings.name, problem: String(describing: error))
        }
    }

    private func stopSink(_ name: String) async {
        guard let running = forwarders.removeValue(forKey: name) else { return }
        await running.forwarder.stop()
        await running.task.value
    }

    // MARK: While it runs

    private var unreadiness: String? {
        if isDraining { return "draining" }
        return journal.failure.map { "journal: \($0)" }
    }

    /// Takes over what can change without a restart: sources and sinks. Nothing that is under way is dropped.
    func reload(_ new: Settings) async throws(GatewayFault) {
        for (key, isSame) in [
            ("listen", new.listen == settings.listen), ("admin", new.admin == settings.admin),
            ("journal", new.journal == settings.journal), ("limits", new.limits == settings.limits),
        ] where !isSame {
            report(.reloadNeedsRestart(key: key))
        }
        routes.withLock { $0 = Routes(new.sources) }
        settings.sources = new.sources
        for name in forwarders.keys where !new.sinks.contains(where: { $0.name == name }) { await stopSink(name) }
        for sink in new.sinks where forwarders[sink.name].map({ !$0.settings.isSame(as: sink) }) ?? true {
            await stopSink(sink.name)
            try await startSink(sink)
        }
        settings.sinks = new.sinks
        report(.reloaded(sources: new.sources.count, sinks: new.sinks.count))
    }

    private var metrics: String {
        get async {
            var gauges = journalGauges()
            gauges += await sinkGauges()
            gauges += await frontGauges()
            return report.metrics.exposition(with: gauges)
        }
    }

    // MARK: The end

    /// No new requests; those that were accepted are answered; sinks stop where they can go on; all is closed.
    func stop() async {
        isDraining = true
        report(.draining)
        let withinMs = settings.limits.drainMs
        await withTaskGroup { group in
            for front in fronts { group.addTask { await front.drain(withinMs: withinMs) } }
        }
        for name in forwarders.keys { await stopSink(name) }
        await adminFront?.drain(withinMs: 0)
        await journal.close()
        for loop in loops { loop.stop() }
        report(.drained)
    }
}

// MARK: - What is measured when it is asked for

extension Gateway {
    private func journalGauges() -> [Metrics.Gauge] {
        let figures = journal.figures
        return [
            .init(
                name: "mogate_journal_broken", help: "1 where the journal failed and nothing is accepted.",
                values: [("", journal.failure == nil ? 0 : 1)]),
            .init(
                name: "mogate_journal_newest_sequence", help: "The number of the newest event.",
                values: [("", figures.newest)]),
            .init(
                name: "mogate_journal_waiting_requests", help: "Requests that wait for the disk.",
                values: [("", Int64(figures.waitingReceipts))]),
        ]
    }

    private func sinkGauges() async -> [Metrics.Gauge] {
        var states: [(labels: String, state: Forwarder.State)] = []
        for (name, running) in forwarders.sorted(by: { $0.key < $1.key }) {
            states.append((Metrics.labels([("sink", name)]), await running.forwarder.state))
        }
        return [
            .init(
                name: "mogate_sink_lag_events", help: "Entries of the journal that the sink has not looked at yet.",
                values: states.map { ($0.labels, $0.state.lag) }),
            .init(
                name: "mogate_sink_retries", help: "Entries that wait for another try.",
                values: states.map { ($0.labels, Int64($0.state.retries)) }),
            .init(
                name: "mogate_sink_down", help: "1 where the sink failed so often that it is only probed.",
                values: states.map { ($0.labels, $0.state.isDown ? 1 : 0) }),
        ]
    }

    private func frontGauges() async -> [Metrics.Gauge] {
        var open: Int64 = 0
        var inFlight: Int64 = 0
        for front in fronts {
            let counters = await front.counters
            open += Int64(counters.connectionsOpen)
            inFlight += Int64(counters.requestsInFlight)
        }
        return [
            .init(name: "mogate_connections", help: "Connections that are open.", values: [("", open)]),
            .init(name: "mogate_requests_in_flight", help: "Requests being answered.", values: [("", inFlight)]),
        ]
    }
}
