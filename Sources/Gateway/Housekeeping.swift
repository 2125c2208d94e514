internal import Journal
internal import Model

/// Keeps the journal within the bounds that the operator set: now and then it prunes what is old and delivered, empties
/// the log, and tells what went.
struct Housekeeping: Sendable {
    static let pauseMs: Int64 = 60_000
    /// How soon it looks again while the journal takes nothing in.
    static let pauseWhileFullMs: Int64 = 5_000

    let journal: SQLiteJournal
    let settings: Settings.Journal
    /// The names of the sinks that are configured now; nil where nobody can tell any more, and then nothing goes.
    let sinks: @Sendable () async -> [String]?
    let time: Time
    let report: @Sendable (Report) -> Void

    /// Works until its task is cancelled. The journal is to be closed after that, not before.
    func run() async {
        var isFull = false
        var clock = PrudentClock()
        while !Task.isCancelled {
            let wall = time.now()
            let now = time.uptimeMs.map { clock.now(wall: wall, uptimeMs: $0()) } ?? wall
            isFull = await round(after: isFull, at: now)
            // It throws where the task was cancelled, which is looked for next.
            try? await time.sleep(isFull ? Self.pauseWhileFullMs : Self.pauseMs)
        }
    }

    /// Looks through the journal once.
    /// - Parameters:
    ///   - wasFull: whether it took nothing in when it was last looked at.
    ///   - now: the moment by which it is decided what is old.
    /// - Returns: whether it takes nothing in now.
    private func round(after wasFull: Bool, at now: Instant) async -> Bool {
        guard let sinks = await sinks() else { return wasFull }
        let retention = Retention(
            before: settings.retainMs.map { now.advanced(byMilliseconds: -$0) },
            rawBefore: settings.retainRawMs.map { now.advanced(byMilliseconds: -$0) }, bytesMax: settings.bytesMax,
            dropsDelivered: settings.whenFull == .dropDelivered, sinks: sinks)
        do {
            let pruned = try await journal.prune(retention)
            if !pruned.isNothing { report(.pruned(pruned)) }
            guard !Task.isCancelled else { return wasFull }
            await journal.tidy()
            if pruned.isFull != wasFull { report(pruned.isFull ? .journalFull : .journalHasRoom) }
            return pruned.isFull
        } catch {
            report(.pruningFailed(error: error))
            return wasFull
        }
    }
}
