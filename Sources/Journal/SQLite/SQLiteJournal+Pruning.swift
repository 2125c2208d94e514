import Threads

extension SQLiteJournal {
    /// Deletes what need not be kept, and gives its room back to the file system.
    ///
    /// By age go events, quarantine and sightings. An event goes only once every named sink has passed it and none has it
    /// among its retries or dead letters; its request goes with the last that is left of it. Where the journal is above
    /// its bytes, the oldest events that were delivered go first, whatever their age; if that is not enough, appends are
    /// told ``JournalError/full`` until a later call finds more to delete.
    ///
    /// An event that was pruned is still known to have been there until all that came about the same time are gone too;
    /// from then on, should its vendor send it again, it is a new one.
    ///
    /// It works in small steps, each behind the commit that is next, so that an append waits for one step at most.
    /// A file that was made before version 2 of the journal gives no room back, but fills what is free in it again. To
    /// shrink it, run `PRAGMA auto_vacuum = INCREMENTAL; VACUUM` on it with SQLite's own shell while nobody else has it open.
    ///
    /// A task that is cancelled ends it after the step that is under way.
    public nonisolated func prune(_ retention: Retention) async throws(JournalError) -> Pruned {
        var round = PruningRound(retention)
        while round.stage != .over, !Task.isCancelled {
            let step = round
            let outcome = await withCheckedContinuation { done in settle(line.add(step, done), done) }
            round = try outcome.get()
        }
        return round.pruned
    }

    /// Does one step between two commits.
    func prune(_ waiting: CommitQueue.WaitingPruning) {
        guard let storage, line.failure == nil else {
            return waiting.done.resume(returning: .failure(line.failure ?? .closed))
        }
        do {
            let round = try step(waiting.round, in: storage)
            if round.stage == .over { tally.withLock { $0.isFull = round.pruned.isFull } }
            waiting.done.resume(returning: .success(round))
        } catch {
            distrust(error)
            waiting.done.resume(returning: .failure(error))
        }
    }

    /// On a disk that is full it takes what was set aside for this.
    private func step(_ round: PruningRound, in storage: Storage) throws(JournalError) -> PruningRound {
        do {
            return try storage.prune(round, at: now())
        } catch .full where storage.giveRoom() {
            return try storage.prune(round, at: now())
        }
    }
}
