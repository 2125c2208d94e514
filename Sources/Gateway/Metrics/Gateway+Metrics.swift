internal import Front
internal import Journal
internal import Model

/// What is measured when it is asked for.
extension Gateway {
    var metrics: String {
        get async {
            var exposition = Exposition()
            exposition.write(report.metrics)
            // Side by side: where a log stands still, one wait is over before whoever asks gives up, and two may not be.
            async let counts = try? browser.counts()
            async let stored = try? browser.sinks()
            await writeJournal(counts, to: &exposition)
            await writeSinks(stored, to: &exposition)
            await writeFronts(to: &exposition)
            writeProcess(to: &exposition)
            return exposition.text
        }
    }

    private func writeJournal(_ counts: JournalCounts?, to exposition: inout Exposition) {
        exposition.single(
            "mogate_journal_unready", .gauge, "1 where the journal accepts nothing, for whatever reason.",
            journal.ailment == nil ? 0 : 1)
        if let archive { write(archive, to: &exposition) }
        write(spill?.figures, to: &exposition)
        // It is left out rather than guessed at: the journal itself is not to be kept waiting for it.
        guard let counts else { return }
        exposition.single(
            "mogate_quarantine_items", .gauge, "What was authentic but not understood, and waits in quarantine.",
            counts.quarantine)
    }

    /// Nothing ever goes there where there is none.
    private func write(_ spill: SpillingJournal.Figures?, to exposition: inout Exposition) {
        exposition.single(
            "mogate_spill_active", .gauge, "1 where requests go into the spill, since the log is not used.",
            spill?.isSpilling ?? false ? 1 : 0)
        exposition.single(
            "mogate_spill_waiting_requests", .gauge, "Requests in the spill that are to be moved into the log.",
            spill?.waiting ?? 0)
        exposition.single(
            "mogate_spill_requests_total", .counter, "Requests that went into the spill.", spill?.spilled ?? 0)
        exposition.single(
            "mogate_spill_moved_total", .counter, "Requests that were moved from the spill into the log.",
            spill?.moved ?? 0)
    }

    private func write(_ archive: Archive, to exposition: inout Exposition) {
        let journal = archive.journal
        let figures = journal.figures
        exposition.single(
            "mogate_journal_broken", .gauge, "1 where the journal failed and nothing is accepted.",
            journal.failure == nil ? 0 : 1)
        exposition.single(
            "mogate_journal_mended_pages", .gauge, "Pages that were damaged and mended when it was last opened.",
            Int64(journal.mended.count))
        exposition.single(
            "mogate_journal_full", .gauge, "1 where nothing is accepted for want of room.", figures.isFull ? 1 : 0)
        exposition.single(
            "mogate_journal_held", .gauge,
            "1 where nothing is accepted since another program reads the journal and does not end.",
            figures.isLogHeld ? 1 : 0)
        exposition.single(
            "mogate_journal_newest_sequence", .gauge, "The number of the newest event.", figures.newest)
        exposition.single(
            "mogate_journal_waiting_requests", .gauge, "Requests that wait for the disk.",
            Int64(figures.waitingReceipts))
        exposition.single(
            "mogate_journal_commits_total", .counter, "Transactions that reached the disk.", figures.commits)
        let disk = JournalRoom(ofJournal: settings.journal.path)
        exposition.single("mogate_journal_size_bytes", .gauge, "Bytes of the journal's file.", disk.fileBytes)
        exposition.single(
            "mogate_journal_wal_bytes", .gauge, "Bytes of the write-ahead log beside it.", disk.logBytes)
        if let free = disk.freeBytes {
            exposition.single("mogate_journal_free_bytes", .gauge, "Free bytes on the journal's disk.", free)
        }
    }

    private func writeSinks(_ stored: [SinkState]?, to exposition: inout Exposition) async {
        let now = time.now()
        let states = await sinkStates(stored ?? []).map { (labels: [("sink", $0.name)], state: $0.state) }
        exposition.family(
            "mogate_sink_lag_events", .gauge, "Entries of the journal that the sink has not looked at yet.",
            states.map { ($0.labels, $0.state.lag) })
        exposition.seconds(
            "mogate_sink_lag_seconds", .gauge,
            "Age of the oldest event that the sink has not taken yet; where none was read, since when it lags.",
            states.map { labels, state in
                (labels, state.oldest.map { max(0, now.microseconds - $0.microseconds) } ?? 0)
            })
        exposition.family(
            "mogate_sink_retries", .gauge, "Entries that wait for another try.",
            states.map { ($0.labels, Int64($0.state.retries)) })
        exposition.family(
            "mogate_sink_down", .gauge,
            "1 where the sink's circuit is open: it failed so often that it is only probed.",
            states.map { ($0.labels, $0.state.isDown ? 1 : 0) })
        exposition.family(
            "mogate_sink_unopened", .gauge,
            "1 where the sink cannot be opened, such as for its folder; it is tried again.",
            settings.sinks.map { ([("sink", $0.name)], unopened[$0.name] == nil ? 0 : 1) })
        exposition.family(
            "mogate_sink_halted", .gauge,
            "1 where the sink answered that it wants nothing more (410), until `mogate sinks resume`.",
            states.map { ($0.labels, $0.state.isHalted ? 1 : 0) })
        exposition.family(
            "mogate_sink_elsewhere", .gauge, "1 where another node serves the sink, and this one waits for its turn.",
            settings.sinks.map { ([("sink", $0.name)], waiting[$0.name] == nil ? 0 : 1) })
        guard let stored else { return }
        exposition.family(
            "mogate_dead_letters", .gauge, "Events that the sink was not given, and that can be sent again.",
            stored.map { ([("sink", $0.name)], $0.deadLetters) })
    }

    private func writeFronts(to exposition: inout Exposition) async {
        var seen = FrontCounters()
        for front in fronts { seen += await front.counters }
        exposition.single("mogate_connections", .gauge, "Connections that are open.", Int64(seen.connectionsOpen))
        exposition.single("mogate_requests_in_flight", .gauge, "Requests being answered.", Int64(seen.requestsInFlight))
        exposition.single(
            "mogate_request_memory_bytes", .gauge, "Memory that requests hold which are read or answered.",
            Int64(seen.bytesHeld))
        exposition.single(
            "mogate_connections_total", .counter, "Connections that were accepted.", seen.connectionsAccepted)
        exposition.single(
            "mogate_accept_pauses_total", .counter,
            "Times that no connection was accepted for a moment, since the system had no descriptor left.",
            seen.acceptPauses)
        exposition.single(
            "mogate_replies_dropped_total", .counter, "Replies whose sender did not wait for them.",
            seen.repliesDropped)
        exposition.single(
            "mogate_connections_turned_away_total", .counter, "Connections over the bound on their number.",
            seen.connectionsTurnedAway)
        exposition.single(
            "mogate_connections_timed_out_total", .counter, "Connections closed since they were too slow.",
            seen.connectionsTimedOut)
        exposition.single("mogate_received_bytes_total", .counter, "Bytes of requests.", seen.bytesRead)
        exposition.single("mogate_sent_bytes_total", .counter, "Bytes of answers.", seen.bytesWritten)
        exposition.single(
            "mogate_strangers", .gauge, "Addresses that were refused of late, as far as they are remembered.",
            Int64(throttle.strangersCount))
        exposition.single(
            "mogate_front_requests_total", .counter, "Whole requests that came to the front door, to whatever path.",
            seen.requests)
        exposition.family(
            "mogate_front_refusals_total", .counter,
            "Requests that the front door refused itself, for their form or its limits, by status.",
            Self.refusals.merging(seen.refusals) { $1 }.map { ([("status", String($0.key))], $0.value) })
    }

    /// What the front door refuses with, none of it yet: a counter that first appears with a 1 never rose, for whoever asks how
    /// fast it does.
    private static let refusals: [Int: Int64] = [400: 0, 408: 0, 413: 0, 414: 0, 417: 0, 431: 0, 503: 0, 505: 0]

    private func writeProcess(to exposition: inout Exposition) {
        exposition.family(
            "mogate_build_info", .gauge, "1, with the version that runs.", [([("version", Version.current)], 1)])
        exposition.seconds(
            "process_start_time_seconds", .gauge, "When the process started.", [([], startedAt.microseconds)])
        exposition.single(
            "mogate_log_lines_dropped_total", .counter, "Lines that the log did not take.",
            Int64(report.output?.dropped ?? 0))
        guard let process = ProcessFigures() else { return }
        exposition.seconds(
            "process_cpu_seconds_total", .counter, "Processor time that the process took.", [([], process.cpuUs)])
        exposition.single(
            "process_resident_memory_bytes", .gauge, "Memory that the process holds.", process.residentBytes)
        exposition.single("process_open_fds", .gauge, "Descriptors that are open.", process.openDescriptors)
    }
}
