internal import Model

/// What is counted while the process runs, in Prometheus' words.
extension Exposition {
    mutating func write(_ metrics: Metrics) {
        let sources = metrics.sources
        var requests: [(labels: Labels, value: Int64)] = metrics.misdirected.map { status, counter in
            ([("source", ""), ("outcome", String(status))], counter.value)
        }
        // Two sources may be of one provider.
        var events: [[String]: Int64] = [:]
        var drift: [[String]: Int64] = [:]
        for meter in sources {
            for (outcome, counter) in [
                ("accepted", meter.accepted), ("duplicate", meter.duplicate), ("refused", meter.refused),
                ("throttled", meter.throttled), ("unavailable", meter.unavailable),
            ] {
                requests.append(([("source", meter.source), ("outcome", outcome)], counter.value))
            }
            for (channel, type, count) in meter.eventCounts {
                events[[meter.provider, channel.rawValue, type.rawValue], default: 0] += count
            }
            for (kind, count) in meter.sightingCounts { drift[[meter.provider, kind.rawValue], default: 0] += count }
        }
        family(
            "mogate_requests_total", .counter,
            "Requests by source and outcome; the source is empty where none was addressed.", requests)
        family(
            "mogate_events_total", .counter, "New events by provider, channel and type.",
            events.map { (Self.labels(["provider", "channel", "type"], $0.key), $0.value) })
        family(
            "mogate_quarantined_total", .counter,
            "Parts of authentic requests that were not understood, by source.",
            sources.map { ([("source", $0.source)], $0.quarantined.value) })
        family(
            "mogate_drift_total", .counter,
            "Sightings of fields, words and shapes that this version does not know, by provider.",
            drift.map { (Self.labels(["provider", "kind"], $0.key), $0.value) })
        seconds(
            "mogate_source_last_event_timestamp_seconds", .gauge,
            "When a source last brought something new; absent where it never did.",
            sources.compactMap { meter in meter.lastEvent.value.map { ([("source", meter.source)], $0) } })
        histograms(
            "mogate_decode_seconds",
            "Proving who sent a request, and reading what it says, by source: the mean of those that came together.",
            sources.map { ([("source", $0.source)], $0.decoding) })
        histograms(
            "mogate_commit_seconds", "From there until it is on the disk, by source.",
            sources.map { ([("source", $0.source)], $0.committing) })
        family(
            "mogate_pruned_events_total", .counter,
            "Delivered events that were deleted, for their age or to make room.",
            [([("why", "age")], metrics.prunedForAge.value), ([("why", "room")], metrics.prunedForRoom.value)])
        writeSinks(metrics)
    }

    private static func labels(_ names: [String], _ values: [String]) -> Labels {
        zip(names, values).map { (name: $0, value: $1) }
    }

    private mutating func writeSinks(_ metrics: Metrics) {
        let sinks = metrics.sinks
        family(
            "mogate_deliveries_total", .counter,
            "What became of events in attempts to deliver them: taken, later (to be tried again) or never, by sink.",
            sinks.flatMap { name, meter in
                [("taken", meter.taken), ("later", meter.later), ("never", meter.never)].map { outcome, counter in
                    ([("sink", name), ("outcome", outcome)], counter.value)
                }
            })
        family(
            "mogate_damaged_events_total", .counter,
            "Events that were not sent since the journal does not hold them as they were written, by sink.",
            sinks.map { ([("sink", $0.name)], $0.meter.damaged.value) })
        histograms(
            "mogate_attempt_seconds", "How long an attempt took, which may carry several events, by sink.",
            sinks.map { ([("sink", $0.name)], $0.meter.attempt) })
        histograms(
            "mogate_end_to_end_seconds", "From the receipt of a callback until the sink has its event, by sink.",
            sinks.map { ([("sink", $0.name)], $0.meter.endToEnd) })
    }
}
