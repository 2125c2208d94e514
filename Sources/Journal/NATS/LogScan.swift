internal import Model
internal import NATS
internal import Wire

/// Looks through a stream in its order, from some place on: by a consumer of its own that is gone again afterwards.
struct LogScan {
    let log: Log
    let stream: String
    /// Only under subjects that this names.
    let filter: String

    enum Start {
        /// From the message of that number on.
        case number(Int64)
        /// From what was stored at that time or later.
        case time(Instant)
    }

    struct Page {
        var messages: [Log.Stored] = []
        /// The number of the last that was looked at; nil where there was none.
        var through: Int64?
        /// Whether there is nothing behind it.
        var isEnd = false
    }

    private static let batchMax = 256
    private static let waitMs: Int64 = 1_000
    /// A consumer that was forgotten is taken away by its server.
    private static let idleMs: Int64 = 30_000

    /// Up to so many messages, and none from the number `end` on.
    /// - Parameter isHeadOnly: whether the subjects are all that is asked for.
    func page(
        from start: Start, before end: Int64 = .max, limit: Int, bytesMax: Int = .max, isHeadOnly: Bool = false
    ) async throws(JournalError) -> Page {
        let (consumer, pending) = try await begin(start, isHeadOnly: isHeadOnly)
        guard pending > 0 else { return await leave(consumer, Page(isEnd: true)) }
        var page = Page()
        var left = pending
        var bytes = 0
        do throws(NATSFault) {
            while left > 0, page.messages.count < limit, bytes < bytesMax {
                let count = min(Self.batchMax, limit - page.messages.count, Int(left))
                let messages = try await log.client.pull(
                    count, from: consumer, of: stream, waitMs: Self.waitMs, timeoutMs: NATSJournal.Settings.questionMs)
                // Fewer than it said that there are: it is asked for the rest by whoever asks again.
                guard !messages.isEmpty else { return await leave(consumer, page) }
                for message in messages {
                    guard let place = message.place, place.sequence > page.through ?? 0 else { continue }
                    guard place.sequence < end else {
                        page.isEnd = true
                        return await leave(consumer, page)
                    }
                    page.messages.append(
                        Log.Stored(sequence: place.sequence, subject: message.subject, bytes: message.body))
                    page.through = place.sequence
                    bytes += message.body.count
                    left = place.pending
                }
            }
        } catch {
            throw JournalError(error)
        }
        page.isEnd = left <= 0
        return await leave(consumer, page)
    }

    /// How many messages there are.
    func count() async throws(JournalError) -> Int64 {
        let (consumer, pending) = try await begin(.number(1), isHeadOnly: true)
        return await leave(consumer, pending)
    }

    private func begin(_ start: Start, isHeadOnly: Bool) async throws(JournalError) -> (name: String, pending: Int64) {
        var members: [Verbatim.Member] = [
            .init("filter_subject", .string(filter)), .init("ack_policy", .string("none")),
            .init("replay_policy", .string("instant")), .init("mem_storage", .bool(true)),
            .init("num_replicas", .integer(1)), .init("inactive_threshold", .integer(Self.idleMs * 1_000_000)),
            .init("headers_only", .bool(isHeadOnly)),
        ]
        switch start {
        case .number(let sequence):
            members += [
                .init("deliver_policy", .string("by_start_sequence")),
                .init("opt_start_seq", .integer(max(1, sequence))),
            ]
        case .time(let instant):
            members += [
                .init("deliver_policy", .string("by_start_time")), .init("opt_start_time", .string(instant.rfc3339)),
            ]
        }
        do throws(NATSFault) {
            let made = try await log.client.ask(
                "CONSUMER.CREATE.\(stream)",
                [.init("stream_name", .string(stream)), .init("config", .object(members))],
                timeoutMs: NATSJournal.Settings.questionMs)
            guard let name = made["name"]?.string else { throw NATSFault.unreadable }
            return (name, made["num_pending"]?.integer ?? 0)
        } catch {
            throw JournalError(error)
        }
    }

    /// Has the consumer taken away; where that fails it goes by itself.
    private func leave<Answer>(_ consumer: String, _ answer: Answer) async -> Answer {
        _ = try? await log.client.ask(
            "CONSUMER.DELETE.\(stream).\(consumer)", timeoutMs: NATSJournal.Settings.questionMs)
        return answer
    }
}

extension Log {
    /// What is under some subjects of the stream of what came in.
    func scan(_ filter: String) -> LogScan { LogScan(log: self, stream: names.stream, filter: filter) }

    /// What is under some subjects of the stream of sinks' states.
    func scanState(_ filter: String) -> LogScan { LogScan(log: self, stream: names.state, filter: filter) }

    /// The numbers of events that subjects of the stream of sinks' states end in, and where each stands, in order.
    func numbers(under filter: String) async throws(JournalError) -> [(event: Int64, place: Int64)] {
        var found: [(event: Int64, place: Int64)] = []
        var start: Int64 = 1
        while true {
            let page = try await scanState(filter).page(from: .number(start), limit: 10_000, isHeadOnly: true)
            found += page.messages.compactMap { message in
                LogNames.number(inSubject: message.subject).map { ($0, message.sequence) }
            }
            guard !page.isEnd, let through = page.through else { return found.sorted { $0.event < $1.event } }
            start = through + 1
        }
    }
}
