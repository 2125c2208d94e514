internal import Model
internal import NATS
internal import Wire

/// Reads the log in order, from wherever it is asked to.
///
/// Each place that is read from has a consumer of its own on a server, which brings what comes behind it. What is read next
/// is nearly always what comes next, and then that consumer is asked again. It keeps nothing that matters: should it be lost
/// with its server, another one begins at the same place.
actor LogReader {
    private let log: Log
    /// Consumers by the place that each has come to.
    private var idle: [Int64: [Run]] = [:]

    private struct Run {
        let consumer: String
        var through: Int64
        /// How many messages it has brought.
        var deliveries: Int64
    }

    /// One question is answered with no more.
    private static let batchMax = 256
    /// How long a server waits for messages that are not there yet.
    private static let waitMs: Int64 = 100
    /// A consumer that nobody asks for so long is taken away by its server.
    private static let idleMs: Int64 = 60_000
    /// More places than sinks are of no use.
    private static let idleMax = 64

    init(_ log: Log) {
        self.log = log
    }

    func read(
        after sequence: Int64, limit: Int, matching filter: EntryFilter
    ) async throws(JournalError) -> Batch {
        let kept = take(at: sequence)
        do {
            return try await read(limit, by: kept, after: sequence, matching: filter)
        } catch {
            // A consumer that was kept may be gone; a new one says how it is.
            guard kept != nil else { throw error }
            return try await read(limit, by: nil, after: sequence, matching: filter)
        }
    }

    private func take(at sequence: Int64) -> Run? {
        guard var runs = idle[sequence] else { return nil }
        let run = runs.popLast()
        idle[sequence] = runs.isEmpty ? nil : runs
        return run
    }

    private func read(
        _ limit: Int, by kept: Run?, after sequence: Int64, matching filter: EntryFilter
    ) async throws(JournalError) -> Batch {
        var run: Run
        if let kept { run = kept } else { run = try await begin(after: sequence) }
        let messages: [NATSMessage]
        do throws(NATSFault) {
            messages = try await log.client.pull(
                min(limit, Self.batchMax), from: run.consumer, of: log.names.stream, waitMs: Self.waitMs,
                timeoutMs: NATSJournal.Settings.questionMs)
        } catch {
            throw JournalError(error)
        }
        var entries: [Entry] = []
        var damaged: [Int64] = []
        for message in messages {
            // What is lost on its way shows as a gap, and what comes behind the gap is not to be believed.
            guard let place = message.place, place.delivery == run.deliveries + 1 else {
                return Batch(entries: entries, through: run.through, damaged: damaged)
            }
            run.deliveries = place.delivery
            // A server that lags behind may begin before the place that it was told.
            guard place.sequence > run.through else { continue }
            run.through = place.sequence
            guard log.names.isEvent(message.subject) else { continue }
            guard let entry = LogMessage.entry(message.body, sequence: place.sequence) else {
                damaged.append(place.sequence)
                continue
            }
            if filter.matches(entry.event.label) { entries.append(entry) }
        }
        keep(run)
        return Batch(entries: entries, through: run.through, damaged: damaged)
    }

    private func keep(_ run: Run) {
        if idle.count >= Self.idleMax, let oldest = idle.keys.min() { idle[oldest] = nil }
        idle[run.through, default: []].append(run)
    }

    private func begin(after sequence: Int64) async throws(JournalError) -> Run {
        do throws(NATSFault) {
            let made = try await log.client.ask(
                "CONSUMER.CREATE.\(log.names.stream)",
                [
                    .init("stream_name", .string(log.names.stream)),
                    .init(
                        "config",
                        .object([
                            .init("deliver_policy", .string("by_start_sequence")),
                            .init("opt_start_seq", .integer(sequence + 1)), .init("ack_policy", .string("none")),
                            .init("replay_policy", .string("instant")), .init("mem_storage", .bool(true)),
                            .init("num_replicas", .integer(1)),
                            .init("inactive_threshold", .integer(Self.idleMs * 1_000_000)),
                        ])),
                ], timeoutMs: NATSJournal.Settings.questionMs)
            guard let name = made["name"]?.string else { throw NATSFault.unreadable }
            return Run(consumer: name, through: sequence, deliveries: 0)
        } catch {
            throw JournalError(error)
        }
    }
}
