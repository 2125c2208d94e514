internal import Journal
internal import Model
internal import Sinks
internal import Threads

/// Carries entries from the journal to one sink, at the sink's own pace, and records how far it came.
///
/// What to do next is the ``Outbox``'s to say; this actor only does it: reads, delivers, records, waits. It lives on the
/// loop that an HTTP sink works on, so that no thread is changed between the two.
actor Forwarder {
    /// How long to leave the journal alone after it could not be read or written.
    static let journalPauseMs: Int64 = 1_000
    private static let retriesPageMax = 512
    /// How long it goes on sending while the journal takes no word of it: should another process go on from here, all that
    /// was sent meanwhile goes out again.
    private static let unrecordedMaxMs: Int64 = 1_000

    let name: String
    private let sink: any Sink
    private let filter: EntryFilter
    let journal: any Journal
    private let loop: EventLoop
    /// What its tasks prefer: to come back from a wait without a stop in Swift's pool.
    private let preference: ThreadPreference
    private let time: Time
    let report: Reporter
    private let meter: SinkMeter
    private var outbox: Outbox
    /// Retries up to here are in the outbox. All of them go in before anything new is read, so that what is new does not
    /// overtake what is old.
    private var retriesReadThrough: Int64 = 0
    private var hasMoreRetries = true
    /// As far as what is to be sent again was read, which is a page at a time.
    private var replaysReadThrough: Int64 = 0
    private var hasMoreReplays = true
    /// The newest number that is known to be in the journal.
    private var newest: Int64 = 0
    /// When it last read something and there was more, or when there began to be more; nil where all is read.
    private var lagsSince: Instant?
    private var isStopping = false
    private var isSinkClosed = false
    /// Whether another node serves the sink by now: nothing more is sent, and what is left is that one's.
    var isSuperseded = false
    /// Steps on their way to the disk; one transaction at a time, so that what happens meanwhile shares the next.
    private var isRecording = false
    /// Since when something is to be recorded that is not on the disk; nil where all is.
    private var recordsSince: Instant?
    /// Steps that the journal did not take; they go before all others.
    private var unrecorded: Steps?
    /// The journal could not be read, and is left alone until then.
    var readsAgainAt: Instant?
    private var clock = ClockWatch()
    private var wasDown: Bool
    private var wasHalted: Bool
    /// The continuation of ``work()``, while it has nothing to do.
    private var pause: CheckedContinuation<Void, Never>?
    /// Whether something happened since ``work()`` last looked.
    var hasNews = false
    /// What ends the gathering of what is new; nil where nothing gathers.
    private var gathering: LoopTimer?
    /// What wakes it, and when at the latest; nil where nothing is to.
    private var alarm: (at: Instant, task: Task<Void, Never>)?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameter loop: where it works; it outlives ``run()``.
    init(
        name: String, sink: any Sink, filter: EntryFilter, policy: Outbox.Policy, progress: Progress,
        journal: any Journal, on loop: EventLoop, time: Time, report: Reporter
    ) {
        self.name = name
        self.sink = sink
        self.filter = filter
        self.journal = journal
        self.loop = loop
        preference = loop.makePreference()
        self.time = time
        self.report = report
        meter = report.metrics.sink(name)
        outbox = Outbox(
            policy: policy, progress: progress.bounded(at: time.now(), longestMs: policy.backoff.longestMs))
        wasHalted = outbox.isHalted
        wasDown = outbox.isDown
    }

    /// Works until ``stop()``: then what is on its way is waited for, recorded, and the sink is closed.
    nonisolated func run() async {
        await withTaskExecutorPreference(preference) { await work() }
    }

    private func work() async {
        if wasHalted { report(.sinkHalted(sink: name)) }
        // Before anything is sent: should the process end of it, the next one knows to be cautious.
        await record(Steps(isServed: true))
        let commits = Task.immediate(executorPreference: preference) {
            for await newest in await journal.commits() { committed(newest) }
        }
        while !(isStopping && outbox.isIdle && !isRecording) {
            // Cleared before anything is looked at: what happens from here on is looked at again.
            hasNews = false
            // One moment for the whole pass: what is due between two looks at the clock would be woken for by neither.
            let now = moment()
            if !isStopping {
                await read(at: now)
                if !journal.isOurTurn(at: name) {
                    await confirmTurn(at: now)
                } else if recordsSince.map({ now.milliseconds(since: $0) <= Self.unrecordedMaxMs }) ?? true {
                    sendAll(at: now)
                }
            }
            recordSteps(at: now)
            await waitForNews(since: now)
        }
        commits.cancel()
        alarm?.task.cancel()
        gathering = nil
        // No task is to be on its way to the loop when that ends.
        await commits.value
        await alarm?.task.value
        await recordTheRest()
        await closeSink()
    }

    /// Asks ``run()`` to end; it does once all that is on its way has come to something.
    func stop() {
        isStopping = true
        wake()
    }

    /// Looks again at what the journal keeps for the sink: an operator wants something sent again.
    func lookAgain() {
        replaysReadThrough = 0
        hasMoreReplays = true
        wake()
    }

    /// Sends again, to a sink that wanted nothing more.
    func resume() {
        outbox.resume()
        wasHalted = false
        wasDown = false
        wake()
    }

    /// Sends nothing of these any more, but what is on its way: they were erased.
    func forget(_ sequences: Set<Int64>) {
        outbox.forget(sequences)
        wake()
    }

    /// Waits no longer for what is on its way: the sink gives it up, and it is tried again after the next start.
    func giveUp() async {
        stop()
        await closeSink()
    }

    private func closeSink() async {
        guard !isSinkClosed else { return }
        isSinkClosed = true
        await sink.close()
    }

    /// How it stands, for metrics and health.
    var state: State {
        State(
            isDown: outbox.isDown, isHalted: outbox.isHalted, retries: outbox.retriesCount,
            lag: max(0, newest - outbox.readThrough),
            oldest: outbox.oldest ?? lagsSince)
    }

    /// What time it is; and should the clock have been set, all that waits for a time waits as long as it was to.
    private func moment() -> Instant {
        let now = time.now()
        guard let uptimeMs = time.uptimeMs?() else { return now }
        let jump = clock.jumpMs(wall: now, uptimeMs: uptimeMs)
        guard jump != 0 else { return now }
        outbox.clockMoved(byMs: jump)
        readsAgainAt = readsAgainAt?.advanced(byMilliseconds: jump)
        recordsSince = recordsSince?.advanced(byMilliseconds: jump)
        return now
    }

    // MARK: Reading and sending

    private func read(at now: Instant) async {
        if let moment = readsAgainAt, moment > now { return }
        readsAgainAt = nil
        do {
            outbox.forgetRecorded()
            try await readRetries(at: now)
            try await readReplays(at: now)
            if !hasMoreRetries, !hasMoreReplays, newest > 0, outbox.readThrough >= newest { outbox.caughtUp() }
            guard !hasMoreRetries, outbox.room > 0, outbox.readThrough < newest else { return }
            let batch = try await journal.read(after: outbox.readThrough, limit: outbox.room, matching: filter)
            outbox.add(batch)
            lagsSince = outbox.readThrough < newest ? now : nil
            bury(damaged: batch.damaged, at: now)
            if outbox.readThrough < newest, outbox.room > 0 { hasNews = true }
        } catch {
            report(.journalUnreadable(sink: name, error: error))
            readsAgainAt = now.advanced(byMilliseconds: Self.journalPauseMs)
        }
    }

    /// What is not as it was written is never sent; it goes to the dead letters, and somebody is told.
    private func bury(damaged: [Int64], at now: Instant) {
        for sequence in damaged {
            outbox.bury(damaged: sequence, at: now)
            meter.damaged.add()
            report(.damaged(sink: name, sequence: sequence))
        }
    }

    private func readRetries(at now: Instant) async throws(JournalError) {
        while hasMoreRetries, outbox.hasRoomForRetries {
            let page = try await journal.retries(of: name, after: retriesReadThrough, limit: Self.retriesPageMax)
            outbox.add(page.filter(\.isSound), at: now)
            bury(damaged: page.filter { !$0.isSound }.map(\.entry.sequence), at: now)
            retriesReadThrough = page.last?.entry.sequence ?? retriesReadThrough
            hasMoreRetries = !page.isEmpty
        }
    }

    private func readReplays(at now: Instant) async throws(JournalError) {
        guard hasMoreReplays, outbox.wantsReplays else { return }
        // Before the question: what an operator adds while it is answered is asked for again.
        hasMoreReplays = false
        let page = try await journal.replays(of: name, after: replaysReadThrough, limit: outbox.replayRoom)
        outbox.add(replays: page.filter(\.isSound), at: now)
        bury(damaged: page.filter { !$0.isSound }.map(\.entry.sequence), at: now)
        guard let last = page.last?.entry.sequence else { return }
        if !hasMoreReplays { replaysReadThrough = last }
        hasMoreReplays = true
        if outbox.wantsReplays { hasNews = true }
    }

    private func sendAll(at now: Instant) {
        while let entries = outbox.next(at: now) {
            let isCautious = outbox.isCautious
            // What need not wait is done before this returns, and so is most of what it takes to send something.
            Task.immediate(executorPreference: preference) {
                let isToBeSent = isCautious ? await noteTrial(of: entries) : true
                let delivered = isToBeSent && !isSinkClosed ? await sink.deliver(entries) : .notSent(entries)
                meter.attempt.note(microseconds: time.now().microseconds - now.microseconds)
                finished(entries, delivered)
            }
        }
        tellGivenUp()
        if outbox.isGathering, gathering == nil { gather() }
    }

    /// Has it look for more after a while, which the loop counts: nothing depends on how long it is, and no clock that is set
    /// can make it longer.
    private func gather() {
        let timer = loop.timer {
            self.gathering = nil
            self.outbox.gathered()
            self.wake()
        }
        timer.arm(afterMs: outbox.policy.gatherMs)
        gathering = timer
    }

    private func tellGivenUp() {
        for (id, reason) in outbox.givenUp {
            meter.never.add()
            report(.givenUp(sink: name, id: id, reason: reason))
        }
        outbox.givenUp = []
    }

    /// Returns once it is on the disk that these are about to be tried; false where it came to its end before.
    private func noteTrial(of entries: [Entry]) async -> Bool {
        let trial = Steps(tried: entries.map(\.sequence))
        while !isStopping {
            do {
                try await journal.record(trial, for: name)
                return true
            } catch .superseded {
                giveWay()
            } catch {
                report(.journalUnwritable(sink: name, error: error))
                try? await time.sleep(Self.journalPauseMs)
            }
        }
        return false
    }

    private func finished(_ entries: [Entry], _ delivered: Delivered) {
        let now = moment()
        outbox.finish(entries, delivered, at: now, chance: time.chance())
        for (entry, outcome) in zip(entries, delivered.outcomes) {
            meter.note(outcome, of: entry, at: now)
            if outcome != .taken { report(.undelivered(sink: name, id: entry.event.id, outcome: outcome)) }
        }
        tellGivenUp()
        if outbox.isDown != wasDown {
            wasDown = outbox.isDown
            report(wasDown ? .sinkDown(sink: name, reason: delivered.firstReason) : .sinkBack(sink: name))
        }
        if outbox.isHalted != wasHalted {
            wasHalted = outbox.isHalted
            if wasHalted { report(.sinkHalted(sink: name)) }
        }
        wake()
    }

    private func committed(_ newest: Int64) {
        self.newest = max(self.newest, newest)
        if self.newest > outbox.readThrough, lagsSince == nil { lagsSince = time.now() }
        wake()
    }

    // MARK: Recording

    private func recordSteps(at now: Instant) {
        guard !isRecording, let steps = unrecorded ?? outbox.takeDueSteps(at: now) else { return }
        isRecording = true
        recordsSince = recordsSince ?? now
        unrecorded = nil
        Task.immediate(executorPreference: preference) {
            await record(steps)
            isRecording = false
            wake()
        }
    }

    private func record(_ steps: Steps) async {
        do {
            try await journal.record(steps, for: name)
            outbox.recorded()
            recordsSince = nil
            if outbox.hasPassedOverReplays {
                outbox.hasPassedOverReplays = false
                lookAgain()
            }
        } catch .superseded {
            giveWay()
        } catch {
            report(.journalUnwritable(sink: name, error: error))
            unrecorded = steps
            try? await time.sleep(Self.journalPauseMs)
        }
    }

    /// Once more at the end, for what came since; if the journal will not have it, it is delivered again after a restart.
    private func recordTheRest() async {
        guard !isSuperseded else { return }
        if let steps = unrecorded.take() { await record(steps) }
        guard unrecorded == nil else { return }
        var steps = outbox.takeSteps(at: time.now()) ?? Steps()
        steps.isServed = false
        await record(steps)
    }

    // MARK: Waiting

    /// Returns when something happened, or when the outbox wants to be asked again.
    private func waitForNews(since now: Instant) async {
        guard !hasNews else { return }
        let recordsAt = isRecording ? nil : outbox.recordsAt
        let wakeAt = [outbox.wakeAt(after: now), recordsAt, readsAgainAt].compactMap { $0 }.min()
        if let wakeAt { setAlarm(at: wakeAt) }
        await withCheckedContinuation { done in
            // Something may have happened on the way here, which can be a stop on the loop.
            if hasNews { done.resume() } else { pause = done }
        }
    }

    /// Has it woken at a moment, or before: an alarm that is set for an earlier one is left as it is.
    private func setAlarm(at moment: Instant) {
        if let alarm, alarm.at <= moment { return }
        alarm?.task.cancel()
        let task = Task {
            // A millisecond more than the difference, which was rounded down: not to wake just before it.
            try? await time.sleep(max(1, moment.milliseconds(since: time.now()) + 1))
            guard !Task.isCancelled else { return }
            alarm = nil
            wake()
        }
        alarm = (moment, task)
    }

    private func wake() {
        hasNews = true
        pause?.resume()
        pause = nil
    }
}
