internal import Journal

/// What the journal needs to have done often, whatever comes in: it remembers how far it came.
struct Heartbeat: Sendable {
    static let pauseMs: Int64 = 1_000

    let journal: SQLiteJournal
    let time: Time

    /// Beats until its task is cancelled. The journal is to be closed after that, not before.
    func run() async {
        var commits = journal.figures.commits
        while !Task.isCancelled {
            // It throws where the task was cancelled, which is looked for next.
            try? await time.sleep(Self.pauseMs)
            let newest = journal.figures.commits
            guard newest != commits else { continue }
            commits = newest
            // One that fails sees less after a power cut, and the next one makes up for it.
            try? await journal.syncMark()
        }
    }
}
