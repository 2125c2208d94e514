internal import Model
internal import NATS
internal import Wire

/// What an operator has done to a log.
extension NATSJournal {
    /// A look into the same log, over the same connection.
    public var browser: NATSBrowser { NATSBrowser(log, ownsClient: false) }

    public func replays(of sink: String, after sequence: Int64, limit: Int) async throws(JournalError) -> [Retry] {
        var retries: [Retry] = []
        for row in try await turns.replays(of: sink, after: sequence, limit: limit) {
            retries.append(try await retry(row.sequence, attempts: 0, firstTriedAt: row.at, dueAt: row.at))
        }
        return retries
    }

    public func instruct(_ steps: Steps, for sink: String) async throws(JournalError) {
        try await turns.instruct(steps, for: sink)
    }

    public func words() async -> AsyncStream<SinkWord> { turns.words }

    /// Takes out of quarantine what a body is no longer at fault for. Tells how many items that were.
    func settleFaults(of receipt: Receipt) async throws(JournalError) -> Int {
        let kept = Set(
            receipt.faults.map { log.names.fault($0, source: receipt.source, bodyDigest: receipt.bodyDigest) })
        let all = log.names.faults(source: receipt.source, bodyDigest: receipt.bodyDigest)
        var settled = 0
        for subject in try await log.subjects(matching: all, in: log.names.stream) where !kept.contains(subject) {
            guard let stored = try await log.last(subject, in: log.names.stream) else { continue }
            if try await log.remove(stored.sequence, from: log.names.stream, overwriting: false) { settled += 1 }
        }
        return settled
    }

    // MARK: Erasing

    /// Takes messages away, and has the servers write over what they held of them; whoever serves a sink is told to send
    /// nothing of them.
    public func erase(_ mentions: Mentions) async throws(JournalError) -> Erased {
        var erased = Erased()
        var events: Set<Int64> = []
        for sequence in mentions.events {
            guard let record = try await record(sequence), record.entry != nil else { continue }
            // Before it is gone, so that what waits of it at sinks is found by its number whatever happens.
            events.insert(sequence)
            erased.requests += try await removeRequest(of: record)
            if try await log.remove(sequence, from: log.names.stream, overwriting: true) { erased.events += 1 }
        }
        if !events.isEmpty {
            let start = log.names.head(of: "").count
            for head in try await log.subjects(matching: log.names.heads) {
                let sink = String(head.dropFirst(start))
                try await turns.forget(events, at: sink)
                try await log.removeRows(of: events, at: sink)
            }
        }
        for sequence in mentions.requests {
            guard let record = try await record(sequence), record.fault != nil else { continue }
            erased.requests += try await removeRequest(of: record)
            let all = log.names.faults(source: record.source, bodyDigest: record.bodyDigest)
            for subject in try await log.subjects(matching: all, in: log.names.stream) {
                guard let fault = try await log.last(subject, in: log.names.stream) else { continue }
                if try await log.remove(fault.sequence, from: log.names.stream, overwriting: true) {
                    erased.faults += 1
                }
            }
        }
        return erased
    }

    private func record(_ sequence: Int64) async throws(JournalError) -> LogRecord? {
        try await log.message(sequence, in: log.names.stream).flatMap { LogRecord($0) }
    }

    /// Takes away the message that a request has for itself.
    /// - Returns: how many requests are gone with it and with the message itself.
    private func removeRequest(of record: LogRecord) async throws(JournalError) -> Int64 {
        guard record.whole == nil else { return 1 }
        guard let own = try await log.message(ofRequest: record) else { return 0 }
        return try await log.remove(own.sequence, from: log.names.stream, overwriting: true) ? 1 : 0
    }

    /// The servers of a replicated stream keep what they agreed on for some minutes besides, in logs of their own.
    public func note(_ record: ErasureRecord) async throws(JournalError) -> Bool {
        let text = Verbatim.object([
            .init("at", .string(record.at.rfc3339)), .init("salt", .string(Hex.encode(record.salt))),
            .init("subjectSha256", .string(Hex.encode(record.subjectDigest))),
            .init("events", .integer(record.erased.events)), .init("requests", .integer(record.erased.requests)),
            .init("faults", .integer(record.erased.faults)),
        ])
        _ = try await log.put(text.json, at: log.names.erasure(Hex.encode(record.salt)))
        return log.settings.replicas == 1
    }
}
