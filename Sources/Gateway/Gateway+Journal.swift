internal import Journal
internal import Model

/// Which journal it is, and what is done with it that requests and sinks do not ask for.
extension Gateway {
    /// Opens what is configured: a file of this machine, or a log.
    static func openJournal(
        _ settings: Settings, time: Time, report: Reporter, whenBroken: @escaping @Sendable (JournalError) -> Void
    ) async throws(GatewayFault) -> (journal: any Journal, archive: Archive?) {
        do throws(JournalError) {
            guard let log = settings.journal.log else {
                let archive = try await Archive.open(settings.journal, now: time.now, whenBroken: whenBroken)
                return (archive.journal, archive)
            }
            let journal = try await NATSJournal.open(log)
            do throws(JournalError) {
                for weakness in try await journal.weaknesses() { report(.logWeak(words: weakness.words)) }
                try await journal.checkRoom(forBodyBytes: settings.limits.bodyBytes)
            } catch {
                await journal.close()
                throw error
            }
            return (journal, nil)
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
        let heartbeat = Heartbeat(journal: archive.journal, time: time, report: report)
        beating = Task { await heartbeat.run() }
    }

    /// When each source last brought something, so that a restart does not make a silent one look new. The search is
    /// bounded: a source that was silent for very long is not found.
    func recallLastEvents() async {
        guard let browser = archive?.browser else { return }
        for source in settings.sources {
            let query = EventQuery(filter: EntryFilter(sources: [source.name]), limit: 1)
            guard let found = try? await browser.events(query).events.first else { continue }
            report.metrics.source(source.name, of: source.provider).lastEvent
                .note(microseconds: found.entry.receivedAt.microseconds)
        }
    }
}
