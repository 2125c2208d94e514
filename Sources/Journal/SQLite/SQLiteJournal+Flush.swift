import Glibc
import Model
import Threads

extension SQLiteJournal {
    /// The writer's life: it comes when it is called, and rests when nothing waits.
    func work() async {
        while await wakeSignal.wait() {
            // Whoever wants something else of this actor, such as to erase, is let in though receipts never end.
            while flush() { await Task.yield() }
        }
    }

    /// So many commits at a time.
    private static let commitsAtATime = 16

    /// Writes what waits.
    ///
    /// What comes during one commit shares the next: many appends cost one wait for the disk, and no timer is needed.
    /// - Returns: whether more may wait.
    private func flush() -> Bool {
        for _ in 0..<Self.commitsAtATime {
            // Whoever called, or was just answered, may share its core with this thread, and have more to bring.
            sched_yield()
            guard let load = line.take() else { return false }
            if !load.isEmpty { write(load) }
            if let pruning = load.pruning { prune(pruning) }
            tidyLog()
        }
        return true
    }

    private func write(_ load: CommitQueue.Load) {
        guard let storage, line.failure == nil else { return refuse(load, line.failure ?? .closed) }
        do {
            guard !load.appends.isEmpty, let shortage = try shortage(of: storage) else {
                return commit(load, in: storage)
            }
            // What the sinks record is little, and makes it possible to prune: it may use what is held back.
            refuse(CommitQueue.Load(appends: load.appends), shortage)
            if !load.steps.isEmpty { commit(CommitQueue.Load(steps: load.steps), in: storage) }
        } catch {
            distrust(error)
            refuse(load, error)
        }
    }

    /// Why no receipts are taken at this moment; nil where they are.
    private func shortage(of storage: Storage) throws(JournalError) -> JournalError? {
        if storage.isShortOfRoom(at: now()) { return .full }
        let isLogHeld = try storage.isLogHeld()
        tally.withLock { $0.isLogHeld = isLogHeld }
        return isLogHeld ? .busy : nil
    }

    private func commit(_ load: CommitQueue.Load, in storage: Storage) {
        do {
            let newest = storage.writer.newest
            let head = storage.writer.chain.head.number
            storage.writer.added = board.hasReaders ? [] : nil
            let appended = try storage.writer.write(load.receipts, load.steps)
            if storage.writer.chain.head.number > head { storage.raiseMark() }
            tally(appended, in: storage)
            // First, so that whoever is told that an event is there finds it among those that can be read.
            if let added = storage.writer.added.take() { tail.append(added) } else { tail.clear() }
            if storage.writer.newest > newest { board.post(storage.writer.newest) }
            if line.release(load) { tell(load.appends, appended) }
            for waiting in load.steps { waiting.done.resume(returning: .success(())) }
        } catch .full where !load.appends.isEmpty && !load.steps.isEmpty {
            refuse(CommitQueue.Load(appends: load.appends), .full)
            commit(CommitQueue.Load(steps: load.steps), in: storage)
        } catch .full where load.appends.isEmpty && storage.giveRoom() {
            commit(load, in: storage)
        } catch {
            distrust(error)
            refuse(load, error)
        }
    }

    /// What became of the receipts of all appends, in their order, goes to whoever waits for it.
    private func tell(_ appends: [CommitQueue.WaitingAppend], _ appended: [Appended]) {
        var told = 0
        for waiting in appends {
            let end = told + waiting.receipts.count
            waiting.done.resume(returning: .success(Array(appended[told..<end])))
            told = end
        }
    }

    private func refuse(_ load: CommitQueue.Load, _ error: JournalError) {
        let isWaitedFor = line.release(load)
        if error == .full { tally.withLock { $0.isFull = true } }
        if isWaitedFor { for waiting in load.appends { waiting.done.resume(returning: .failure(error)) } }
        for waiting in load.steps { waiting.done.resume(returning: .failure(error)) }
    }

    /// Copies the log into the file when it has grown enough; all who waited for the commit have their answer by then.
    private func tidyLog() {
        guard let storage, line.failure == nil else { return }
        do {
            if try storage.tidyLog() { tally.withLock { $0.checkpoints += 1 } }
        } catch {
            distrust(error)
        }
    }

    private func tally(_ appended: [Appended], in storage: Storage) {
        tally.withLock { figures in
            figures.commits += 1
            figures.receipts += Int64(appended.count)
            if !appended.isEmpty { figures.isFull = false }
            figures.newEvents += appended.reduce(0) { $0 + Int64($1.newEvents) }
            figures.duplicates += appended.reduce(0) { $0 + ($1.isDuplicate ? 1 : 0) }
            figures.logBytes = storage.logBytes
        }
    }
}
