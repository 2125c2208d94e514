public import Model
internal import Threads

/// A log, and a file of this machine that takes in what the log does not while it is out of reach.
///
/// What the file has taken is moved into the log when that is back, the oldest first; the log knows what it has already by
/// its id. Until all of it is moved, what is new goes into the file too, so that it overtakes nothing: events about one
/// subject that one node took come into the log in the order in which they were taken. What another node takes meanwhile
/// may come before them. What the log never takes, and what is not as it was written, stays in the file.
///
/// All but requests is the log's affair, and waits for it.
public final class SpillingJournal: Journal {
    /// The file, for those who keep it.
    public let file: SQLiteJournal
    let log: NATSJournal
    private let shelf: SQLiteBrowser
    private let gauge = Lock(Gauge())
    private let moving = Lock<Task<Void, Never>?>(nil)
    private let check: @Sendable (NATSJournal) async throws(JournalError) -> Void
    private let announce: @Sendable (News) -> Void

    /// What is said of it while it runs.
    public enum News: Sendable, Equatable {
        /// Requests go into the file from now on, and why.
        case spilling(String)
        /// They go into the log again, and so many were moved into it since.
        case moved(Int64)
        /// A request stays in the file for as long as this process runs, and why.
        case setAside(EventID, reason: String)
    }

    /// How it stands.
    public struct Figures: Sendable, Equatable {
        /// Whether requests go into the file.
        public var isSpilling = true
        /// How many requests wait in the file.
        public var waiting: Int64 = 0
        /// How many went into it since the start.
        public var spilled: Int64 = 0
        /// How many were moved into the log since the start.
        public var moved: Int64 = 0
        /// Why the log is not used; nil where it is.
        public var reason: String?
    }

    private struct Gauge {
        var figures = Figures()
        /// Appends to the file that have not returned.
        var underWay = 0
        /// Moved since it began to spill.
        var movedSince: Int64 = 0
        /// Whether the log's streams were looked at, and do.
        var isLogReady = false
        /// Rows of requests that stay in the file: what cannot be moved is to keep nothing else there. The next start tries
        /// them once more.
        var setAside: Set<Int64> = []
    }

    private static let pauseMs: Int64 = 200
    /// How long a start waits for the log before it goes on without.
    private static let startMs: Int64 = 2_000
    private static let batchMax = 256

    /// Opens the file, and the log as soon as that can be.
    /// - Parameters:
    ///   - check: what else must be so of the log before it is used.
    ///   - tell: told when requests begin to go into the file, when they no longer do, and which stay there.
    /// - Throws: ``JournalError/unusable(_:)`` where the file cannot be opened, or the log is there and must not be used.
    public static func open(
        _ settings: NATSJournal.Settings, spillingTo path: String, fileSettings: SQLiteJournal.Settings,
        now: @escaping @Sendable () -> Instant, whenBroken: @escaping @Sendable (JournalError) -> Void,
        check: @escaping @Sendable (NATSJournal) async throws(JournalError) -> Void,
        tell: @escaping @Sendable (News) -> Void
    ) async throws(JournalError) -> SpillingJournal {
        let file = try SQLiteJournal.open(at: path, settings: fileSettings, now: now, whenBroken: whenBroken)
        let shelf: SQLiteBrowser
        do throws(JournalError) {
            shelf = try SQLiteBrowser(path: path, notesDamage: true)
        } catch {
            await file.close()
            throw error
        }
        let journal = SpillingJournal(file, shelf, NATSJournal.unopened(settings), check, tell)
        do throws(JournalError) {
            try await journal.start()
            return journal
        } catch {
            await journal.close()
            throw error
        }
    }

    /// How many requests wait in a file; nil where there is none.
    public static func waiting(at path: String) async throws(JournalError) -> Int64? {
        guard JournalFile.sizeBytes(of: path) != nil else { return nil }
        let shelf = try SQLiteBrowser(path: path)
        do throws(JournalError) {
            let count = try await shelf.requestCount()
            await shelf.close()
            return count
        } catch {
            await shelf.close()
            throw error
        }
    }

    private init(
        _ file: SQLiteJournal, _ shelf: SQLiteBrowser, _ log: NATSJournal,
        _ check: @escaping @Sendable (NATSJournal) async throws(JournalError) -> Void,
        _ tell: @escaping @Sendable (News) -> Void
    ) {
        self.file = file
        self.shelf = shelf
        self.log = log
        self.check = check
        announce = tell
    }

    /// Waits a while for the log, and for what the last process left to be moved; then it goes on beside.
    private func start() async throws(JournalError) {
        let waiting = try await shelf.requestCount()
        gauge.withLock { $0.figures.waiting = waiting }
        let deadline = ContinuousClock.now + .milliseconds(Self.startMs)
        while figures.isSpilling, ContinuousClock.now < deadline {
            do throws(JournalError) {
                try await step()
            } catch .busy {
                try? await Task.sleep(for: .milliseconds(Self.pauseMs))
            }
        }
        if figures.isSpilling { begin(because: "out of reach") }
        log.begin()
        moving.withLock { $0 = Task { await move() } }
    }

    public var figures: Figures { gauge.withLock { $0.figures } }

    /// A look into the log, which is where all ends up.
    public var browser: NATSBrowser { log.browser }

    // MARK: Requests

    public nonisolated(nonsending) func append(
        _ receipts: [Receipt], tell: (_ place: Int, AppendOutcome) -> Void
    ) async {
        guard !figures.isSpilling else { return await spill(receipts, tell: tell) }
        var left: [Int] = []
        await log.append(receipts) { place, outcome in
            guard outcome == .failure(.busy) else { return tell(place, outcome) }
            begin(because: log.ailment ?? "it did not answer in time")
            left.append(place)
        }
        left.sort()
        await spill(left.map { receipts[$0] }) { tell(left[$0], $1) }
    }

    private nonisolated(nonsending) func spill(
        _ receipts: [Receipt], tell: (_ place: Int, AppendOutcome) -> Void
    ) async {
        guard !receipts.isEmpty else { return }
        gauge.withLock { $0.underWay += 1 }
        defer { gauge.withLock { $0.underWay -= 1 } }
        await file.append(receipts) { place, outcome in
            if case .success(let appended) = outcome { spilled(appended) }
            tell(place, outcome)
        }
    }

    private func spilled(_ appended: Appended) {
        gauge.withLock { gauge in
            gauge.figures.isSpilling = true
            gauge.figures.spilled += 1
            if !appended.isDuplicate { gauge.figures.waiting += 1 }
        }
    }

    private func begin(because reason: String) {
        let isNew = gauge.withLock { gauge in
            defer { (gauge.figures.isSpilling, gauge.figures.reason) = (true, reason) }
            return gauge.figures.reason != reason
        }
        if isNew { announce(.spilling(reason)) }
    }

    // MARK: Moving

    private func move() async {
        while !Task.isCancelled {
            if figures.isSpilling {
                do throws(JournalError) {
                    try await step()
                    continue
                } catch {
                    // What is wrong with the log's settings is told once, and looked at again.
                    if case .unusable(let why) = error { begin(because: why) }
                }
            }
            try? await Task.sleep(for: .milliseconds(Self.pauseMs))
        }
    }

    /// Moves some of what waits, or goes over to the log where nothing does.
    private func step() async throws(JournalError) {
        if !gauge.withLock({ $0.isLogReady }) {
            try await log.prepareOnce()
            try await check(log)
            gauge.withLock { $0.isLogReady = true }
        }
        let spilled = figures.spilled
        let held = try await look()
        for (row, requestId) in held.damaged {
            setAside(row, requestId, because: "it is not as it was written, by the disk or by another program")
        }
        guard held.isEmpty else { return try await move(held.sound) }
        let news = gauge.withLock { gauge -> News? in
            // What came since it was looked at is to be looked at first.
            guard gauge.underWay == 0, gauge.figures.spilled == spilled else { return nil }
            let isTold = gauge.figures.reason != nil || gauge.movedSince > 0
            defer { gauge.movedSince = 0 }
            (gauge.figures.isSpilling, gauge.figures.reason) = (false, nil)
            gauge.figures.waiting = Int64(gauge.setAside.count)
            return isTold ? .moved(gauge.movedSince) : nil
        }
        if let news { announce(news) }
    }

    /// What is to be moved next. A file that cannot be read is not written to either.
    private func look() async throws(JournalError) -> HeldRequests {
        do throws(JournalError) {
            return try await shelf.heldRequests(limit: Self.batchMax, besides: gauge.withLock { $0.setAside })
        } catch {
            file.distrust(error)
            throw error
        }
    }

    private func setAside(_ row: Int64, _ requestId: EventID, because reason: String) {
        let isNew = gauge.withLock { $0.setAside.insert(row).inserted }
        if isNew { announce(.setAside(requestId, reason: reason)) }
    }

    /// Puts requests into the log in their order, and takes those out of the file that it has acknowledged.
    ///
    /// Side by side go only those that nothing puts in an order: no two about one subject.
    private func move(_ held: [HeldRequest]) async throws(JournalError) {
        var rest = held[...]
        while !rest.isEmpty {
            let wave = HeldRequest.wave(of: &rest)
            var done = Mentions()
            var failure: JournalError?
            await log.append(wave.map(\.receipt)) { place, outcome in
                switch outcome {
                case .success:
                    done.events += wave[place].events
                    done.requests.append(wave[place].row)
                case .failure(.tooLong(let reason)):
                    setAside(wave[place].row, wave[place].receipt.requestId, because: reason)
                // That the log is out of reach says less than anything else.
                case .failure(let error): if failure == nil || failure == .busy { failure = error }
                }
            }
            if !done.requests.isEmpty { _ = try await file.erase(done) }
            gauge.withLock { gauge in
                gauge.figures.moved += Int64(done.requests.count)
                gauge.movedSince += Int64(done.requests.count)
                gauge.figures.waiting = max(0, gauge.figures.waiting - Int64(done.requests.count))
            }
            if let failure { throw failure }
        }
    }

    // MARK: The log's own

    public var ailment: String? { figures.isSpilling ? file.ailment : nil }

    public func commits() async -> AsyncStream<Int64> { await log.commits() }

    public func read(
        after sequence: Int64, limit: Int, matching filter: EntryFilter
    ) async throws(JournalError) -> Batch {
        try await log.read(after: sequence, limit: limit, matching: filter)
    }

    /// Nobody's turn is known while the log is out of reach, and then it is not ours.
    public func takeTurn(at sink: String) async throws(JournalError) -> Progress? {
        guard gauge.withLock({ $0.isLogReady }) else { return nil }
        do throws(JournalError) {
            return try await log.takeTurn(at: sink)
        } catch .busy {
            return nil
        }
    }

    public func isOurTurn(at sink: String) -> Bool { log.isOurTurn(at: sink) }

    public func progress(of sink: String) async throws(JournalError) -> Progress { try await log.progress(of: sink) }

    public func retries(of sink: String, after sequence: Int64, limit: Int) async throws(JournalError) -> [Retry] {
        try await log.retries(of: sink, after: sequence, limit: limit)
    }

    public func replays(of sink: String, after sequence: Int64, limit: Int) async throws(JournalError) -> [Retry] {
        try await log.replays(of: sink, after: sequence, limit: limit)
    }

    public func record(_ steps: Steps, for sink: String) async throws(JournalError) {
        try await log.record(steps, for: sink)
    }

    public func instruct(_ steps: Steps, for sink: String) async throws(JournalError) {
        try await log.instruct(steps, for: sink)
    }

    public func words() async -> AsyncStream<SinkWord> { await log.words() }

    public func erase(_ mentions: Mentions) async throws(JournalError) -> Erased { try await log.erase(mentions) }

    public func note(_ record: ErasureRecord) async throws(JournalError) -> Bool { try await log.note(record) }

    public func close() async {
        let task = moving.withLock { $0 }
        task?.cancel()
        await task?.value
        await log.close()
        await shelf.close()
        await file.close()
    }
}
