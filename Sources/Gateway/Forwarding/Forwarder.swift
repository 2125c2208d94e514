internal import Journal
internal import Model
internal import Sinks

/// Carries entries from the journal to one sink, at the sink's own pace, and records how far it came.
///
/// What to do next is the ``Outbox``'s to say; this actor only does it: reads, delivers, records, waits.
actor Forwarder {
    /// How long to leave the journal alone after it could not be read or written.
    private static let journalPauseMs: Int64 = 1_000

    let name: String
    private let sink: any Sink
    private let filter: EntryFilter
    private let journal: any Journal
    private let time: Time
    private let report: Reporter
    private var outbox: Outbox
    /// The newest number that is known to be in the journal.
    private var newest: Int64 = 0
    private var isStopping = false
    /// Steps on their way to the disk; one transaction at a time, so that what happens meanwhile shares the next.
    private var isRecording = false
    /// Steps that the journal did not take; they go before all others.
    private var unrecorded: Steps?
    private var readsAgainAt: Instant?
    private var wasDown = false
    /// The loop's continuation, while it has nothing to do.
    private var pause: CheckedContinuation<Void, Never>?
    /// Whether something happened since the loop last looked.
    private var hasNews = false

    init(
        name: String, sink: any Sink, filter: EntryFilter, policy: Outbox.Policy, cursor: Int64, retries: [Retry],
        journal: any Journal, time: Time, report: Reporter
    ) {
        self.name = name
        self.sink = sink
        self.filter = filter
        self.journal = journal
        self.time = time
        self.report = report
        outbox = Outbox(policy: policy, cursor: cursor)
        outbox.add(retries)
    }

    /// Works until ``stop()``: then what is on its way is waited for, recorded, and the sink is closed.
    func run() async {
        let commits = Task { [weak self, journal] in
            for await newest in await journal.commits() { await self?.committed(newest) }
        }
        while !(isStopping && outbox.isIdle && !isRecording) {
            hasNews = false
            if !isStopping {
                await read()
                sendAll()
            }
            recordSteps()
            await waitForNews()
        }
        commits.cancel()
        await recordTheRest()
        await sink.close()
    }

    /// Asks ``run()`` to end; it does once all that is on its way has come to something.
    func stop() {
        isStopping = true
        wake()
    }

    /// How it stands, for metrics and health.
    var state: State {
        State(isDown: outbox.isDown, retries: outbox.retriesCount, lag: max(0, newest - outbox.readThrough))
    }

    struct State: Sendable {
        let isDown: Bool
        let retries: Int
        /// How many numbers of the journal it has not read yet.
        let lag: Int64
    }

    // MARK: Reading and sending

    private func read() async {
        let room = outbox.room
        guard room > 0, outbox.readThrough < newest, readsAgainAt.map({ $0 <= time.now() }) ?? true else { return }
        do {
            outbox.add(try await journal.read(after: outbox.readThrough, limit: room, matching: filter))
            readsAgainAt = nil
            hasNews = hasNews || outbox.readThrough < newest
        } catch {
            report(.journalUnreadable(sink: name, error: error))
            readsAgainAt = time.now().advanced(byMilliseconds: Self.journalPauseMs)
        }
    }

    private func sendAll() {
        while let entries = outbox.next(at: time.now()) {
            Task {
                let delivered = await sink.deliver(entries)
                finished(entries, delivered)
            }
        }
    }

    private func finished(_ entries: [Entry], _ delivered: Delivered) {
        outbox.finish(entries, delivered, at: time.now(), chance: time.chance)
        for (entry, outcome) in zip(entries, delivered.outcomes) {
            report(.delivered(sink: name, id: entry.event.id, outcome: outcome))
        }
        if outbox.isDown != wasDown {
            wasDown = outbox.isDown
            report(wasDown ? .sinkDown(sink: name) : .sinkBack(sink: name))
        }
        wake()
    }

    private func committed(_ newest: Int64) {
        self.newest = max(self.newest, newest)
        wake()
    }

    // MARK: Recording

    private func recordSteps() {
        guard !isRecording, let steps = unrecorded ?? outbox.takeSteps() else { return }
        isRecording = true
        unrecorded = nil
        Task {
            await record(steps)
            isRecording = false
            wake()
        }
    }

    private func record(_ steps: Steps) async {
        do {
            try await journal.record(steps, for: name)
            outbox.recorded()
        } catch {
            report(.journalUnwritable(sink: name, error: error))
            unrecorded = steps
            try? await time.sleep(Self.journalPauseMs)
        }
    }

    /// Once more at the end, for what came since; if the journal will not have it, it is delivered again after a restart.
    private func recordTheRest() async {
        if let steps = unrecorded { await record(steps) }
        if unrecorded == nil, let steps = outbox.takeSteps() { await record(steps) }
    }

    // MARK: Waiting

    /// Returns when something happened, or when the outbox wants to be asked again.
    private func waitForNews() async {
        guard !hasNews else { return }
        let now = time.now()
        let wakeAt = [outbox.wakeAt(after: now), readsAgainAt].compactMap { $0 }.min()
        let alarm = wakeAt.map { moment in
            Task {
                // A millisecond more than the difference, which was rounded down: not to wake just before it.
                try? await time.sleep(max(1, moment.milliseconds(since: now) + 1))
                if !Task.isCancelled { wake() }
            }
        }
        await withCheckedContinuation { pause = $0 }
        alarm?.cancel()
    }

    private func wake() {
        hasNews = true
        pause?.resume()
        pause = nil
    }
}
