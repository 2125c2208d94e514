public import Journal
public import Model
internal import Wire

/// What happened to an event, in the order in which it did: the same for the page and for `mogate trace`.
public struct EventTrace: Sendable {
    private let event: StoredEvent
    private let request: StoredRequest?
    private let history: EventHistory
    /// The sinks that are configured; none where that is not known.
    private let sinks: [Settings.Sink]

    public init(_ event: StoredEvent, request: StoredRequest?, history: EventHistory, sinks: [Settings.Sink]) {
        self.event = event
        self.request = request
        self.history = history
        self.sinks = sinks
    }

    fileprivate struct Happening {
        /// Nil for what is so now.
        let at: Instant?
        let what: What
        var sink: String?
        let words: String
    }

    fileprivate enum What: String {
        case received, failed, taken, waiting
        case givenUp = "given up"
        case sentAgain = "sent again"
        case notWanted = "not wanted"
    }

    private var happenings: [Happening] {
        let entry = event.entry
        let size = request.map { ", \($0.body.count) bytes" } ?? ""
        let commit = history.commit.map { ", with commit \($0)" } ?? ""
        var all = [
            Happening(
                at: entry.receivedAt, what: .received,
                words: "by \(entry.event.label.source)\(size)\(proof), on the disk before it was answered\(commit)")
        ]
        all += history.attempts.map { Happening($0) }
        all += history.sinks.compactMap { standing($0) }
        return all.sorted { ($0.at ?? Instant(microseconds: .max)) < ($1.at ?? Instant(microseconds: .max)) }
    }

    /// How its sender was proved, where that is kept.
    private var proof: String {
        guard let authenticity = request?.authenticity else { return "" }
        return authenticity.isVerified ? ", verified by \(authenticity.method.rawValue)" : ", not verified"
    }

    /// How it stands with a sink, where its history does not tell already.
    private func standing(_ there: EventHistory.AtSink) -> Happening? {
        func now(_ what: What, _ words: String) -> Happening {
            Happening(at: nil, what: what, sink: there.sink, words: words)
        }
        let settings = sinks.first { $0.name == there.sink }
        let isWanted = settings?.filter.matches(event.entry.event.label) ?? true
        switch there.state {
        case .ahead where !isWanted: return now(.notWanted, "its filter does not let it through")
        case .ahead where settings == nil && !sinks.isEmpty: return now(.waiting, "the sink is not configured any more")
        case .ahead: return now(.waiting, "its turn has not come yet")
        case .waiting(let tries, let until, let reason):
            return now(.waiting, "tried \(tries) times, the next is at \(until.rfc3339): \(reason)")
        case .dead(let moment, let reason):
            guard !isTold(.buried, at: there.sink) else { return nil }
            return Happening(at: moment, what: .givenUp, sink: there.sink, words: reason)
        case .passed where isTold(.taken, at: there.sink): return nil
        case .passed where !isWanted: return now(.notWanted, "its filter does not let it through")
        case .passed(let moment):
            return Happening(
                at: moment, what: .taken, sink: there.sink,
                words: moment == nil ? "at a time that is not known" : "at the first try, by then at the latest")
        }
    }

    private func isTold(_ outcome: Attempt.Outcome, at sink: String) -> Bool {
        history.attempts.contains { $0.sink == sink && $0.outcome == outcome }
    }

    /// The trace that the callback was part of: as the event has it, or as the request had it where it was none to go by.
    private var traceparent: String? {
        let member = (try? JSON(event.entry.json)).flatMap { $0["traceparent"]?.string }
        return member ?? request?.headers.first { $0.name.lowercased() == "traceparent" }?.value
    }

    /// For a person: a heading, and a line for each thing that happened.
    public var text: String {
        let frozen = event.entry.event
        let heading = "\(frozen.id)  \(frozen.label.type)  number \(event.entry.sequence)"
        let about =
            "  \(frozen.subject ?? "no subject")  request \(event.requestId?.description ?? "not kept any more")"
        let lines = happenings.map { happening in
            let moment = happening.at?.rfc3339 ?? "now                        "
            let sink = happening.sink.map { $0 + ": " } ?? ""
            return "  \(moment)  \(sink)\(happening.what.rawValue), \(happening.words)"
        }
        let trace = traceparent.map { ["  traceparent \($0)"] } ?? []
        return ([heading, about] + trace + lines).map { PrintableText.line($0) }.joined(separator: "\n")
    }

    /// For a program.
    public var object: Verbatim {
        let frozen = event.entry.event
        return [
            "id": .string(frozen.id.description), "type": .string(frozen.label.type),
            "sequence": .integer(event.entry.sequence), "subject": frozen.subject.map { .string($0) } ?? .null,
            "requestId": event.requestId.map { .string($0.description) } ?? .null,
            "traceparent": traceparent.map { .string($0) } ?? .null, "happenings": steps,
        ]
    }

    /// What happened, one object each.
    var steps: Verbatim {
        .array(
            happenings.map { happening in
                [
                    "at": happening.at.map { .string($0.rfc3339) } ?? .null, "what": .string(happening.what.rawValue),
                    "sink": happening.sink.map { .string($0) } ?? .null, "words": .string(happening.words),
                ]
            })
    }
}

extension EventTrace.Happening {
    /// One of the tries that are kept.
    fileprivate init(_ attempt: Attempt) {
        let (what, words): (EventTrace.What, String) =
            switch attempt.outcome {
            case .failed: (.failed, "try \(attempt.number): \(attempt.reason ?? "")")
            case .taken: (.taken, "at try \(attempt.number)")
            case .buried: (.givenUp, "try \(attempt.number): \(attempt.reason ?? "")")
            case .replayed: (.sentAgain, "since an operator wanted it")
            }
        self.init(at: attempt.at, what: what, sink: attempt.sink, words: words)
    }
}
