internal import Journal
internal import Model
internal import NATS
internal import Sinks

/// How everything stands now, for the operator's page.
extension Gateway {
    var status: Verbatim {
        get async {
            let unreadiness = unreadiness
            let counts = try? await browser.counts()
            return [
                "version": .string(Version.current), "now": .string(time.now().rfc3339),
                "startedAt": .string(startedAt.rfc3339), "isReady": .bool(unreadiness == nil),
                "problem": unreadiness.map { .string($0) } ?? .null,
                "canAct": .bool(archive != nil || settings.adminToken != nil),
                "journal": counts.map { journal($0) } ?? .null,
                "sources": .array(settings.sources.map { source($0) }),
                "sinks": .array(await sinks()),
            ]
        }
    }

    private func journal(_ counts: JournalCounts) -> Verbatim {
        // Of a log there is no file here.
        let room = archive.map { _ in JournalRoom(ofJournal: settings.journal.path) }
        return [
            "newest": .integer(counts.newest), "events": .integer(counts.events),
            "requests": .integer(counts.requests), "quarantine": .integer(counts.quarantine),
            "fileBytes": room.map { .integer($0.fileBytes) } ?? .null,
            "logBytes": room.map { .integer($0.logBytes) } ?? .null,
            "freeBytes": (room?.freeBytes).map { .integer($0) } ?? .null,
            "sightingsLeftOut": .integer(counts.sightingsLeftOut),
        ]
    }

    private func source(_ source: Source) -> Verbatim {
        let meter = report.metrics.source(source.name, of: source.provider)
        return [
            "name": .string(source.name), "provider": .string(source.provider),
            "channel": source.channel.map { .string($0.rawValue) } ?? .null,
            "isVerified": .bool(source.authentication != .none), "path": .string("/in/" + source.name),
            "lastEventAt": meter.lastEvent.value.map { .string(Instant(microseconds: $0).rfc3339) } ?? .null,
            "accepted": .integer(meter.accepted.value), "duplicate": .integer(meter.duplicate.value),
            "refused": .integer(meter.refused.value), "unavailable": .integer(meter.unavailable.value),
            "quarantined": .integer(meter.quarantined.value),
        ]
    }

    private func sinks() async -> [Verbatim] {
        let stored = (try? await browser.sinks()) ?? []
        let states = Dictionary(await sinkStates(stored).map { ($0.name, $0.state) }, uniquingKeysWith: { $1 })
        var sinks: [Verbatim] = []
        for sink in settings.sinks {
            let meter = report.metrics.sink(sink.name)
            let kept = stored.first { $0.name == sink.name }
            let state = states[sink.name]
            let kind: String =
                switch sink.kind {
                case .file(let file): "file \(file.path)"
                // Without its path, which may be a secret.
                case .http(let http): "http \(http.url.split(separator: "/").prefix(2).joined(separator: "//"))"
                case .nats(let nats): "nats \(nats.servers.servers.joined(separator: ", "))"
                }
            sinks.append([
                "name": .string(sink.name), "kind": .string(kind), "isDown": .bool(state?.isDown ?? true),
                "retries": .integer(Int64(state?.retries ?? 0)), "lagEvents": .integer(state?.lag ?? 0),
                "oldestAt": (state?.oldest).map { .string($0.rfc3339) } ?? .null,
                "deadLetters": .integer(kept?.deadLetters ?? 0),
                "halt": (kept?.halt?.reason).map { .string($0) } ?? .null,
                "taken": .integer(meter.taken.value), "later": .integer(meter.later.value),
                "never": .integer(meter.never.value),
            ])
        }
        return sinks
    }

    /// Takes a sample every few seconds until its task is cancelled.
    func watch() async {
        while !Task.isCancelled {
            // It throws where the task was cancelled, which is looked for next.
            try? await time.sleep(Trends.everyMs)
            var backlogs: [Trends.Backlog] = []
            let stored = unopened.isEmpty ? [] : (try? await browser.sinks()) ?? []
            for (name, state) in await sinkStates(stored) {
                backlogs.append(Trends.Backlog(sink: name, lagEvents: state.lag, oldest: state.oldest))
            }
            await trends.take(
                at: time.now(), backlogs: backlogs,
                waitingRequests: Int64(archive?.journal.figures.waitingReceipts ?? 0))
        }
    }
}
