internal import Front
internal import Journal
internal import Model
internal import Threads

/// The whole of it: journal, front doors, forwarders and the admin address, started and stopped in the right order.
public actor Gateway {
    let time: Time
    let report: Reporter
    var settings: Settings
    let journal: any Journal
    /// The journal, where it is a file of this machine; nil where it is a log that others share.
    let archive: Archive?
    let browser: any JournalBrowser
    /// The journal, where it is a log that spills into a file.
    let spill: SpillingJournal?
    let startedAt: Instant
    let trends: Trends
    private var watching: Task<Void, Never>?
    /// Hears what operators want of sinks who asked another process.
    private var listening: Task<Void, Never>?
    let routes: Lock<Routes>
    let throttle: Throttle
    let loops: [EventLoop]
    /// Where sinks are served, by turns.
    private let sinkLoops: [EventLoop]
    private var sinksStarted = 0
    var fronts: [Front] = []
    var adminFront: Front?
    var forwarders: [String: Running] = [:]
    /// Sinks that cannot be opened for now, and the tasks that try again.
    var unopened: [String: Task<Void, Never>] = [:]
    /// The last opening of each file, which may hang as its file system does.
    var openings: [String: Task<Void, Never>] = [:]
    /// Sinks that another node serves, and the tasks that wait for the turn.
    var waiting: [String: Task<Void, Never>] = [:]
    var isDraining = false
    var housekeeping: Task<Void, Never>?
    var beating: Task<Void, Never>?
    /// Says once that the journal is not to be trusted any more, if it ever comes to that.
    let breakages: AsyncStream<JournalError>

    /// A forwarder that works, and the task it works in.
    struct Running {
        let settings: Settings.Sink
        let forwarder: Forwarder
        let task: Task<Void, Never>
    }

    /// Opens the journal, starts the sinks, and then the doors: nobody is let in before all is ready behind, but for sinks
    /// that cannot be opened, or take long to be.
    static func start(
        _ settings: Settings, time: Time, report: Reporter
    ) async throws(GatewayFault) -> Gateway {
        let (breakages, breaks) = AsyncStream.makeStream(of: JournalError.self)
        let opened = try await openJournal(
            settings, time: time, report: report, whenBroken: { breaks.yield($0) })
        let gateway: Gateway
        do throws(GatewayFault) {
            gateway = try Gateway(settings, opened, breakages: breakages, time: time, report: report)
        } catch {
            await opened.browser.close()
            await opened.journal.close()
            throw error
        }
        do throws(GatewayFault) {
            try await gateway.open()
        } catch {
            // Sinks are at work by then, and doors may be open: none of them is to find the journal closed.
            await gateway.end(withinMs: settings.limits.drainMs)
            throw error
        }
        return gateway
    }

    private init(
        _ settings: Settings, _ opened: Opened, breakages: AsyncStream<JournalError>, time: Time, report: Reporter
    ) throws(GatewayFault) {
        self.settings = settings
        journal = opened.journal
        archive = opened.archive
        browser = opened.browser
        spill = opened.spill
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
            // As many again: how busy sinks are is not to be felt at the doors.
            var sinkLoops: [EventLoop] = []
            for number in 0..<settings.limits.loops { sinkLoops.append(try EventLoop(name: "sinks-\(number)")) }
            self.sinkLoops = sinkLoops
        } catch {
            throw .threads(error)
        }
    }

    private func open() async throws(GatewayFault) {
        if let archive { try inspect(archive) }
        for page in spill?.file.mended ?? [] { report(.journalMended(page)) }
        await recallLastEvents()
        try await startSinks(settings.sinks)
        var limits = Limits(settings.limits, beside: settings.sinks)
        limits.fit(descriptors: DescriptorLimit.raise())
        let occupancy = Occupancy()
        if limits.connectionsMax < settings.limits.connections {
            report(.descriptorsFew(connections: limits.connectionsMax))
        }
        var bound: [String] = []
        for listener in settings.listen {
            let address = listener.address
            var port = address.port
            let doorLoops = loops.dropFirst()
            for (number, loop) in doorLoops.enumerated() {
                // With port 0 the system chooses once, and every further loop shares its choice.
                let shared = ListenAddress(host: address.host, port: port)
                let front = Front(
                    loop: loop, address: shared, sharing: AddressSharing(number: number, of: doorLoops.count),
                    tls: listener.tls, proxies: settings.proxies.networks, proxiesAnnounce: listener.hasProxyHeaders,
                    limits: limits, occupancy: occupancy, now: time.now, gate: intake.admit)
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
        if let archive { keep(archive) }
        if let spill { beat(for: spill.file) }
        watching = Task { [weak self] in await self?.watch() }
        listening = Task { [weak self, journal] in
            for await word in await journal.words() { await self?.tell(word) }
        }
    }

    /// The loop of the sink that is started next.
    func nextSinkLoop() -> EventLoop {
        defer { sinksStarted += 1 }
        return sinkLoops[sinksStarted % sinkLoops.count]
    }

    func listen(_ front: Front) async throws(GatewayFault) -> UInt16 {
        do { return try await front.listen() } catch { throw .front(error) }
    }

    private var intake: Intake {
        Intake(
            routes: routes, throttle: throttle, journal: journal, now: time.now, report: report,
            accessLog: settings.accessLog ? report.output.map { AccessLog(output: $0, now: time.now) } : nil)
    }

    // MARK: While it runs

    var unreadiness: String? {
        if isDraining { return "draining" }
        return journal.ailment.map { "journal: \($0)" }
    }

    // MARK: The end

    /// No new requests; those that were accepted are answered; sinks stop where they can go on; all is closed.
    ///
    /// All of it within the configured time: what is still on its way to a sink by then is given up, and goes out again
    /// after the next start.
    ///
    /// - Parameter withinMs: that time, where it is not the configured one.
    func stop(withinMs: Int64? = nil) async {
        report(.draining)
        await end(withinMs: withinMs ?? settings.limits.drainMs)
        report(.drained)
    }

    /// Ends whatever was started, and the journal behind it.
    private func end(withinMs: Int64) async {
        isDraining = true
        let startedMs = time.steadyMs
        // The last quarter is the sinks' alone: a request that never comes to its end does not use up theirs.
        let doorsWithinMs = withinMs - withinMs / 4
        await withTaskGroup { group in
            for front in fronts { group.addTask { await front.drain(withinMs: doorsWithinMs) } }
        }
        let leftMs = max(0, withinMs - (time.steadyMs - startedMs))
        await endOpening(of: Array(unopened.keys) + Array(waiting.keys))
        await stopSinks(forwarders.keys.sorted(), withinMs: leftMs)
        await closeAdmin()
        for task in [housekeeping, beating, watching, listening] {
            task?.cancel()
            await task?.value
        }
        await browser.close()
        await journal.close()
        for loop in loops + sinkLoops { loop.stop() }
    }
}
