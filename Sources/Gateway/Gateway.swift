internal import Front
internal import Journal
internal import Model
internal import Threads

/// The whole of it: journal, front doors, forwarders and the admin address, started and stopped in the right order.
public actor Gateway {
    let time: Time
    let report: Reporter
    var settings: Settings
    let journal: SQLiteJournal
    /// For whoever watches: a connection of its own that only reads, so that it never delays a commit.
    let browser: JournalBrowser
    let startedAt: Instant
    let trends: Trends
    private var watching: Task<Void, Never>?
    let routes: Lock<Routes>
    private let throttle: Throttle
    let loops: [EventLoop]
    var fronts: [Front] = []
    var adminFront: Front?
    var forwarders: [String: Running] = [:]
    /// Sinks that cannot be opened for now, and the tasks that try again.
    var unopened: [String: Task<Void, Never>] = [:]
    var isDraining = false
    private var housekeeping: Task<Void, Never>?
    private var beating: Task<Void, Never>?
    /// Says once that the journal is not to be trusted any more, if it ever comes to that.
    let breakages: AsyncStream<JournalError>

    /// A forwarder that works, and the task it works in.
    struct Running {
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
            let browser: JournalBrowser
            do throws(JournalError) {
                browser = try JournalBrowser(path: settings.journal.path)
            } catch {
                throw GatewayFault.journal(error)
            }
            let gateway = try Gateway(
                settings, journal: journal, browser: browser, breakages: breakages, time: time, report: report)
            try await gateway.open()
            return gateway
        } catch {
            await journal.close()
            throw error
        }
    }

    private init(
        _ settings: Settings, journal: SQLiteJournal, browser: JournalBrowser, breakages: AsyncStream<JournalError>,
        time: Time, report: Reporter
    ) throws(GatewayFault) {
        self.settings = settings
        self.journal = journal
        self.browser = browser
        startedAt = time.now()
        trends = Trends(report.metrics)
        self.breakages = breakages
        self.time = time
        self.report = report
        routes = Lock(Routes(settings.sources, proxies: settings.proxies, metrics: report.metrics))
        throttle = Throttle(strangers: settings.limits.strangers)
        do {
            // The admin address has a loop of its own: it answers while the others are busy.
            var loops = [try EventLoop(name: "admin")]
            for number in 0..<settings.limits.loops { loops.append(try EventLoop(name: "front-\(number)")) }
            self.loops = loops
        } catch {
            throw .threads(error)
        }
    }

    /// What speaks against the disk that a journal lies on, unless it is refused for that.
    static func bearable(
        _ weakness: JournalDisk.Weakness?, of path: String
    ) throws(JournalError) -> JournalDisk.Weakness? {
        guard weakness != .network else {
            throw .unusable(
                "\(path) lies on a network's file system, whose locks and syncs cannot be relied on: it needs a disk of "
                    + "this machine")
        }
        return weakness
    }

    private func open() async throws(GatewayFault) {
        for page in journal.mended { report(.journalMended(page)) }
        do throws(JournalError) {
            let disk = try JournalDisk(ofJournal: settings.journal.path)
            if let weakness = try Self.bearable(disk.weakness, of: settings.journal.path) {
                report(.diskWeak(weakness))
            }
        } catch {
            throw .journal(error)
        }
        await recallLastEvents()
        for sink in settings.sinks { try await startSinkSoonerOrLater(sink) }
        var bound: [String] = []
        for listener in settings.listen {
            let address = listener.address
            var port = address.port
            for loop in loops.dropFirst() {
                // With port 0 the system chooses once, and every further loop shares its choice.
                let shared = ListenAddress(host: address.host, port: port)
                let front = Front(
                    loop: loop, address: shared, tls: listener.tls,
                    announcers: listener.hasProxyHeaders ? settings.proxies.networks : [], limits: frontLimits,
                    now: time.now, gate: intake.admit)
                port = try await listen(front)
                fronts.append(front)
            }
            bound.append(ListenAddress(host: address.host, port: port).description)
        }
        var adminAddress: String?
        if let address = settings.admin { adminAddress = try await openAdmin(at: address) }
        report(
            .started(
                listen: bound, admin: adminAddress, sources: settings.sources.count, sinks: settings.sinks.count))
        let keeper = Housekeeping(
            journal: journal, settings: settings.journal,
            sinks: { [weak self] in await self?.settings.sinks.map(\.name) }, time: time,
            report: { [report] in
                if case .pruned(let pruned) = $0 { report.metrics.note(pruned) }
                report($0)
            })
        housekeeping = Task { await keeper.run() }
        let heartbeat = Heartbeat(journal: journal, time: time, report: report)
        beating = Task { await heartbeat.run() }
        watching = Task { [weak self] in await self?.watch() }
    }

    func listen(_ front: Front) async throws(GatewayFault) -> UInt16 {
        do { return try await front.listen() } catch { throw .front(error) }
    }

    private var frontLimits: Limits {
        var limits = Limits()
        limits.bodyBytesMax = settings.limits.bodyBytes
        limits.handshakeDeadlineMs = settings.limits.handshakeTimeoutMs
        limits.headersDeadlineMs = settings.limits.headTimeoutMs
        limits.requestDeadlineMs = settings.limits.requestTimeoutMs
        limits.idleMs = settings.limits.idleTimeoutMs
        limits.writeDeadlineMs = settings.limits.writeTimeoutMs
        // Each front has its share of what the process as a whole may hold.
        let share = settings.limits.loops * settings.listen.count
        limits.connectionsMax = max(1, settings.limits.connections / share)
        limits.connectionsPerPeerMax = max(1, settings.limits.connectionsPerPeer / share)
        limits.requestsInFlightMax = max(1, settings.limits.requestsInFlight / share)
        // A share that no single request fits in would refuse it for ever: what is read grows by doubling.
        let oneRequest = 2 * (settings.limits.bodyBytes + limits.headBytesMax)
        limits.bytesHeldMax = max(oneRequest, settings.limits.memoryBytes / share)
        limits.retryAfterSeconds = Intake.retryAfterSeconds
        return limits
    }

    private var intake: Intake {
        Intake(
            routes: routes, throttle: throttle, journal: journal, now: time.now, report: report,
            accessLog: settings.accessLog ? report.output.map { AccessLog(output: $0, now: time.now) } : nil)
    }

    /// When each source last brought something, so that a restart does not make a silent one look new. The search is
    /// bounded: a source that was silent for very long is not found.
    private func recallLastEvents() async {
        for source in settings.sources {
            let query = EventQuery(filter: EntryFilter(sources: [source.name]), limit: 1)
            guard let found = try? await browser.events(query).events.first else { continue }
            report.metrics.source(source.name, of: source.provider).lastEvent
                .note(microseconds: found.entry.receivedAt.microseconds)
        }
    }

    // MARK: While it runs

    var unreadiness: String? {
        if isDraining { return "draining" }
        if let failure = journal.failure { return "journal: \(failure)" }
        return journal.figures.isFull ? "journal: full" : nil
    }

    // MARK: The end

    /// No new requests; those that were accepted are answered; sinks stop where they can go on; all is closed.
    ///
    /// All of it within the configured time: what is still on its way to a sink by then is given up, and goes out again
    /// after the next start.
    ///
    /// - Parameter withinMs: that time, where it is not the configured one.
    func stop(withinMs: Int64? = nil) async {
        isDraining = true
        report(.draining)
        let startedAt = time.now()
        let withinMs = withinMs ?? settings.limits.drainMs
        await withTaskGroup { group in
            for front in fronts { group.addTask { await front.drain(withinMs: withinMs) } }
        }
        let leftMs = max(0, withinMs - time.now().milliseconds(since: startedAt))
        await endOpening(of: Array(unopened.keys))
        await stopSinks(forwarders.keys.sorted(), withinMs: leftMs)
        await closeAdmin()
        for task in [housekeeping, beating, watching] {
            task?.cancel()
            await task?.value
        }
        await browser.close()
        await journal.close()
        for loop in loops { loop.stop() }
        report(.drained)
    }
}
