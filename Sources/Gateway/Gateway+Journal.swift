internal import Journal
internal import Model

/// Which journal it is, and what is done with it that requests and sinks do not ask for.
extension Gateway {
    /// A journal of whatever kind, and a look into it.
    struct Opened {
        let journal: any Journal
        let browser: any JournalBrowser
        var archive: Archive?
        var spill: SpillingJournal?
    }

    /// Opens what is configured: a file of this machine, or a log.
    static func openJournal(
        _ settings: Settings, time: Time, report: Reporter, whenBroken: @escaping @Sendable (JournalError) -> Void
    ) async throws(GatewayFault) -> Opened {
        do throws(JournalError) {
            guard let log = settings.journal.log else {
                let archive = try await Archive.open(settings.journal, now: time.now, whenBroken: whenBroken)
                return Opened(journal: archive.journal, browser: archive.browser, archive: archive)
            }
            let bodyBytes = settings.limits.bodyBytes
            let check = { @Sendable (journal: NATSJournal) async throws(JournalError) in
                for weakness in try await journal.weaknesses() { report(.logWeak(words: weakness.words)) }
                try await journal.checkRoom(forBodyBytes: bodyBytes)
            }
            if let path = settings.journal.spillPath {
                var fileSettings = SQLiteJournal.Settings()
                fileSettings.reserveBytes = settings.journal.reserveBytes
                let journal = try await SpillingJournal.open(
                    log, spillingTo: path, fileSettings: fileSettings, now: time.now, whenBroken: whenBroken,
                    check: check, tell: { report(.spill($0)) })
                return Opened(journal: journal, browser: journal.browser, spill: journal)
            }
            let journal = try await NATSJournal.open(log)
            do throws(JournalError) {
                try await check(journal)
            } catch {
                await journal.close()
                throw error
            }
            return Opened(journal: journal, browser: journal.browser)
        } catch {
            throw .journal(error)
        }
    }

    /// What speaks against the disk that a journal lies on, unless it is refused for that.
    static func bearable(
        _ weakness: JournalDisk.Weakness?, of path: String
    ) throws(JournalError) -> JournalDisk.Weakness? {
        guard weakness != .network else {
            throw .unusable(
                "\(path) lies on a network's file system, whose locks and syncs cannot be relied on: it needs a disk of "
                    + "this machine")
        }
        return weakness
    }

    /// Tells what was found when the file was opened, and what is to be known of its disk.
    func inspect(_ archive: Archive) throws(GatewayFault) {
        for page in archive.journal.mended { report(.journalMended(page)) }
        do throws(JournalError) {
            let disk = try JournalDisk(ofJournal: settings.journal.path)
            if let weakness = try Self.bearable(disk.weakness, of: settings.journal.path) {
                report(.diskWeak(weakness))
            }
        } catch {
            throw .journal(error)
        }
    }

    /// Has the file kept within its bounds and looked after while the gateway runs.
    func keep(_ archive: Archive) {
        let keeper = Housekeeping(
            journal: archive.journal, settings: settings.journal,
            sinks: { [weak self] in await self?.settings.sinks.map(\.name) }, time: time,
            report: { [report] in
                if case .pruned(let pruned) = $0 { report.metrics.note(pruned) }
                report($0)
            })
        housekeeping = Task { await keeper.run() }
        beat(for: archive.journal)
    }

    /// Lets time go on for a file.
    func beat(for file: SQLiteJournal) {
        let heartbeat = Heartbeat(journal: file, time: time, report: report)
        beating = Task { await heartbeat.run() }
    }

    /// How a log and its spill stand; nil where there is nothing to say.
    var spillWords: String? {
        guard let figures = spill?.figures else { return nil }
        if figures.isSpilling {
            return "requests go into the spill, where \(figures.waiting) wait: the log: \(figures.reason ?? "is back")"
        }
        return figures.waiting > 0 ? "\(figures.waiting) requests stay in the spill: see what was logged of them" : nil
    }

    /// When each source last brought something, so that a restart does not make a silent one look new. The search is
    /// bounded: a source that was silent for very long is not found.
    func recallLastEvents() async {
        // A log is looked through window by window, which is not to hold up the start.
        guard archive != nil else { return }
        for source in settings.sources {
            let query = EventQuery(filter: EntryFilter(sources: [source.name]), limit: 1)
            guard let found = try? await browser.events(query).events.first else { continue }
            report.metrics.source(source.name, of: source.provider).lastEvent
                .note(microseconds: found.entry.receivedAt.microseconds)
        }
    }
}
