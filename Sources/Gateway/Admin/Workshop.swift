public import Journal
public import Model

/// What actions are performed with: the journal to write, a look into it, and whoever is to be told.
public struct Workshop: Sendable {
    let journal: SQLiteJournal
    let browser: JournalBrowser
    let time: Time
    /// The sources as they are configured now.
    let sources: @Sendable () async -> [Source]
    /// Has a sink look again at what the journal keeps for it; nothing where none runs.
    let rouse: @Sendable (_ sink: String) async -> Void

    init(
        journal: SQLiteJournal, browser: JournalBrowser, time: Time, sources: @escaping @Sendable () async -> [Source],
        rouse: @escaping @Sendable (_ sink: String) async -> Void
    ) {
        self.journal = journal
        self.browser = browser
        self.time = time
        self.sources = sources
        self.rouse = rouse
    }

    /// Opens a journal that no server holds.
    public static func open(at path: String, sources: [Source]) throws(JournalError) -> Workshop {
        let time = Time.system
        let journal = try SQLiteJournal.open(at: path, now: time.now)
        return Workshop(
            journal: journal, browser: try JournalBrowser(path: path), time: time, sources: { sources },
            rouse: { _ in })
    }

    public func perform<Work: Action>(_ action: Work) async throws(ActionFault) -> Work.Outcome {
        try await action.perform(in: self)
    }

    public func close() async {
        await browser.close()
        await journal.close()
    }

    /// Asks the journal something.
    func ask<Answer>(
        _ question: (JournalBrowser) async throws(JournalError) -> Answer
    ) async throws(ActionFault) -> Answer {
        do { return try await question(browser) } catch { throw .journal(error) }
    }

    /// Has the journal do something.
    func write<Answer>(
        _ work: (SQLiteJournal) async throws(JournalError) -> Answer
    ) async throws(ActionFault) -> Answer {
        do { return try await work(journal) } catch { throw .journal(error) }
    }
}
