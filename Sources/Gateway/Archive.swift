internal import Journal
internal import Model

/// The journal where it is a file of this machine, with all that only such a one can do: be looked through, pruned, mended
/// and changed by hand.
struct Archive: Sendable {
    let journal: SQLiteJournal
    /// For whoever watches: a connection of its own that only reads, so that it never delays a commit.
    let browser: any JournalBrowser

    /// Opens the file, and makes it where there is none.
    static func open(
        _ settings: Settings.Journal, now: @escaping @Sendable () -> Instant,
        whenBroken: @escaping @Sendable (JournalError) -> Void
    ) async throws(JournalError) -> Archive {
        var journalSettings = SQLiteJournal.Settings()
        journalSettings.reserveBytes = settings.reserveBytes
        let journal = try SQLiteJournal.open(
            at: settings.path, settings: journalSettings, now: now, whenBroken: whenBroken)
        do throws(JournalError) {
            return Archive(journal: journal, browser: try SQLiteBrowser(path: settings.path))
        } catch {
            await journal.close()
            throw error
        }
    }
}
