internal import Journal

/// What is to be done often, whatever comes in and whatever the disk does: nobody waits for the journal for ever, it
/// remembers how far it came, and the log tells what it left out.
struct Heartbeat: Sendable {
    /// With ``SQLiteJournal/Settings/answerTicksMax`` of these an answer is due, while the vendors' patience lasts.
    static let tickMs: Int64 = 250
    static let syncMs: Int64 = 1_000

    let journal: SQLiteJournal
    let time: Time
    let report: Reporter

    /// Beats until its task is cancelled. The journal is to be closed after that, not before.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await tick() }
            // Beside the other, for this one waits for the disk.
            group.addTask { await sync() }
        }
    }

    private func tick() async {
        var wasHeld = false
        while !Task.isCancelled {
            // It throws where the task was cancelled, which is looked for next.
            try? await time.sleep(Self.tickMs)
            journal.tick()
            let isHeld = journal.figures.isLogHeld
            if isHeld != wasHeld { report(isHeld ? .journalHeld : .journalFree) }
            wasHeld = isHeld
        }
    }

    private func sync() async {
        var commits = journal.figures.commits
        while !Task.isCancelled {
            try? await time.sleep(Self.syncMs)
            report.tellLeftOut()
            let newest = journal.figures.commits
            guard newest != commits else { continue }
            commits = newest
            // One that fails sees less after a power cut, and the next one makes up for it.
            try? await journal.syncMark()
        }
    }
}
