import Model

extension Storage {
    /// The next step of a round, in a transaction of its own.
    func prune(_ round: PruningRound, at now: Instant) throws(JournalError) -> PruningRound {
        var next = round
        switch round.stage {
        case .beginning:
            if let bytesMax = round.retention.bytesMax {
                next.pagesGoal = try pagesGoal(bytesMax: bytesMax)
            }
            next.enter(.events)
        case .events:
            next = try step(round) { (next) throws(JournalError) in try pruner.pruneEvents(&next) }
        case .raw:
            next = try step(round) { (next) throws(JournalError) in try pruner.pruneRaw(&next) }
        case .quarantine:
            next = try step(round) { (next) throws(JournalError) in try pruner.pruneQuarantine(&next) }
        case .sightings:
            next = try step(round) { (next) throws(JournalError) in try pruner.pruneSightings(&next) }
            writer.sightings.forget()
        case .ids:
            next = try step(round) { (next) throws(JournalError) in
                if try !writer.ids.prune(blocks: Int(pruner.pagesMax)) { next.enter(.givingBack) }
            }
        case .givingBack: try pruner.giveBack(&next)
        case .over: break
        }
        if next.stage == .over {
            let pages = try pruner.pagesInUse()
            isAboveBytes = next.pagesGoal.map { pages > $0 } ?? false
            next.pruned.isFull = isShortOfRoom(at: now)
        }
        return next
    }

    private func step(
        _ round: PruningRound, _ work: (inout PruningRound) throws(JournalError) -> Void
    ) throws(JournalError) -> PruningRound {
        try writer.transaction { () throws(JournalError) in
            var next = round
            try work(&next)
            return next
        }
    }

    /// How many pages may be in use for file and log together to be within so many bytes. A log that is longer than it
    /// need be is cut first.
    private func pagesGoal(bytesMax: Int64) throws(JournalError) -> Int64 {
        let inUse = try pruner.pagesInUse() * Pruner.pageBytes
        if inUse + logFileBytes > bytesMax { try emptyLog() }
        return max(0, bytesMax - logFileBytes) / Pruner.pageBytes
    }
}
