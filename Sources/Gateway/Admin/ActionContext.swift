public import Journal
public import Model

/// What actions are performed with: the journal to write, a look into it, and whoever is to be told.
public struct ActionContext: Sendable {
    let journal: any Journal
    let browser: any JournalBrowser
    let time: Time
    let configuration: @Sendable () async -> Configuration
    let tell: @Sendable (SinkWord) async -> Void

    /// What is configured now, as far as actions ask for it.
    public struct Configuration: Sendable {
        public var sources: [Source]
        public var sinks: [Settings.Sink]

        public init(sources: [Source], sinks: [Settings.Sink]) {
            self.sources = sources
            self.sinks = sinks
        }

        public init(_ settings: Settings) {
            self.init(sources: settings.sources, sinks: settings.sinks)
        }
    }

    /// Opens a journal that no server holds.
    public static func open(at path: String, _ configuration: Configuration) throws(JournalError) -> ActionContext {
        let time = Time.system
        let journal = try SQLiteJournal.open(at: path, now: time.now)
        return ActionContext(
            journal: journal, browser: try SQLiteBrowser(path: path), time: time, configuration: { configuration },
            tell: { _ in })
    }

    /// Opens a log, beside whoever serves it.
    public static func open(
        _ log: NATSJournal.Settings, _ configuration: Configuration
    ) async throws(JournalError) -> ActionContext {
        // First, since it makes nothing: a log that is not there is not what was meant.
        let browser = try await NATSBrowser.open(log)
        do throws(JournalError) {
            return ActionContext(
                journal: try await NATSJournal.open(log), browser: browser, time: .system,
                configuration: { configuration }, tell: { _ in })
        } catch {
            await browser.close()
            throw error
        }
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
        _ question: (any JournalBrowser) async throws(JournalError) -> Answer
    ) async throws(ActionFault) -> Answer {
        do { return try await question(browser) } catch { throw .journal(error) }
    }

    /// Has the journal do something.
    func write<Answer>(
        _ work: (any Journal) async throws(JournalError) -> Answer
    ) async throws(ActionFault) -> Answer {
        do { return try await work(journal) } catch { throw .journal(error) }
    }
}
