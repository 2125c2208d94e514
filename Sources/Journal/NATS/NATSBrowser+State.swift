internal import Model
internal import Wire

/// What went wrong, and how sinks stand.
extension NATSBrowser {
    // MARK: Quarantine

    public func quarantine(after id: Int64, limit: Int) async throws(JournalError) -> QuarantinePage {
        let rows = Self.rows(limit)
        let page = try await log.scan(log.names.faults).page(
            from: .number(max(0, id) + 1), limit: rows, bytesMax: Self.answerBytesMax)
        var items: [QuarantineItem] = []
        var bytes = 0
        for message in page.messages {
            guard bytes < Self.answerBytesMax else { return QuarantinePage(items: items, next: message.sequence - 1) }
            guard let item = try await item(message) else { continue }
            bytes += item.body.count
            items.append(item)
        }
        return QuarantinePage(items: items, next: page.isEnd ? nil : page.through)
    }

    public func quarantined(_ id: Int64) async throws(JournalError) -> QuarantineItem? {
        guard id > 0, let stored = try await log.message(id, in: log.names.stream) else { return nil }
        return try await item(stored)
    }

    private func item(_ stored: Log.Stored) async throws(JournalError) -> QuarantineItem? {
        guard let record = LogRecord(stored), let fault = record.fault else { return nil }
        return QuarantineItem(
            id: record.sequence, at: record.receivedAt, source: record.source, provider: record.provider, fault: fault,
            requestId: record.requestId, body: try await log.whole(of: record)?.body ?? [])
    }

    // MARK: Sinks

    /// Sinks by name; and of each the numbers in order, which are read anew for each page.
    public func deadLetters(
        of sink: String?, after place: DeadLetter.Place?, limit: Int
    ) async throws(JournalError) -> DeadLetterPage {
        let rows = Self.rows(limit)
        var letters: [DeadLetter] = []
        var bytes = 0
        for name in try await sinkNames() where sink == nil || sink == name {
            if let place, name < place.sink { continue }
            let after = place?.sink == name ? place?.sequence ?? 0 : 0
            for (number, position) in try await log.numbers(under: log.names.deadLetters(of: name)) where number > after
            {
                guard letters.count < rows, bytes < Self.answerBytesMax else {
                    return DeadLetterPage(letters: letters, next: letters.last?.place ?? place)
                }
                guard let letter = try await letter(number, of: name, at: position) else { continue }
                bytes += letter.entry.event.bytes.count
                letters.append(letter)
            }
        }
        return DeadLetterPage(letters: letters, next: nil)
    }

    private func letter(
        _ sequence: Int64, of sink: String, at position: Int64
    ) async throws(JournalError) -> DeadLetter? {
        guard let stored = try await log.message(position, in: log.names.state), let row = try? JSON(stored.bytes),
            let event = try await log.message(sequence, in: log.names.stream),
            let entry = LogMessage.entry(event.bytes, sequence: sequence)
        else { return nil }
        return DeadLetter(
            sink: sink, entry: entry, attempts: Int(clamping: row["attempts"]?.integer ?? 0),
            at: Instant(microseconds: row["at"]?.integer ?? 0), reason: row["reason"]?.string ?? "")
    }

    private func sinkNames() async throws(JournalError) -> [String] {
        let start = log.names.head(of: "").count
        return try await log.subjects(matching: log.names.heads).map { String($0.dropFirst(start)) }.sorted()
    }

    public func sinks() async throws(JournalError) -> [SinkState] {
        let newest = try await log.newest()
        var states: [SinkState] = []
        for name in try await sinkNames() {
            guard let progress = try await progress(of: name) else { continue }
            let waiting = try await log.scanState(log.names.retries(of: name)).count()
            states.append(
                SinkState(
                    name: name, cursor: progress.cursor, newest: newest,
                    retries: waiting + (try await log.scanState(log.names.replays(of: name)).count()),
                    deadLetters: try await log.scanState(log.names.deadLetters(of: name)).count(),
                    halt: progress.halt, outage: progress.outage))
        }
        return states
    }

    private func progress(of sink: String) async throws(JournalError) -> Progress? {
        try await log.last(log.names.head(of: sink), in: log.names.state).flatMap { SinkHead($0.bytes)?.progress }
    }

    /// How it stands with each sink now. What it went through before is not kept but for the number of tries and the last
    /// reason.
    public func history(of sequence: Int64) async throws(JournalError) -> EventHistory {
        var sinks: [EventHistory.AtSink] = []
        for name in try await sinkNames() {
            guard let progress = try await progress(of: name) else { continue }
            let state: EventHistory.State
            if let stored = try await log.last(log.names.retry(sequence, of: name), in: log.names.state),
                let row = RetryRow(stored.bytes)
            {
                state = .waiting(tries: row.attempts, until: row.dueAt, reason: row.reason)
            } else if let stored = try await log.last(log.names.replay(sequence, of: name), in: log.names.state),
                let at = (try? JSON(stored.bytes))?["at"]?.integer
            {
                state = .waiting(tries: 0, until: Instant(microseconds: at), reason: "sent again")
            } else if let stored = try await log.last(log.names.deadLetter(sequence, of: name), in: log.names.state),
                let row = try? JSON(stored.bytes)
            {
                state = .dead(
                    at: Instant(microseconds: row["at"]?.integer ?? 0), reason: row["reason"]?.string ?? "")
            } else {
                state = progress.cursor < sequence ? .ahead : .passed(by: nil)
            }
            sinks.append(EventHistory.AtSink(sink: name, state: state))
        }
        return EventHistory(commit: nil, attempts: [], sinks: sinks)
    }

    // MARK: What there is

    /// There is no count of these in a log: each node's own log and metrics tell what it saw.
    public func sightings(
        of provider: String?, after place: SightingRecord.Place?, limit: Int
    ) async throws(JournalError) -> SightingPage {
        throw .unusable(
            "a log keeps no account of what vendors send that is not known: each node's log lines and "
                + "`mogate_drift_total` tell it")
    }

    public func counts() async throws(JournalError) -> JournalCounts {
        let events = try await log.scan(log.names.events).count()
        let faults = try await log.scan(log.names.faults).count()
        // Each request has at least one message, and one of several has one of its own.
        return JournalCounts(
            events: events, requests: events + faults, quarantine: faults, sightingsLeftOut: 0,
            newest: try await log.newest())
    }
}
