import Gateway
import Journal
import Model

/// What happened to an event, in the order in which it did.
struct Story {
    let event: StoredEvent
    let request: StoredRequest?
    let history: EventHistory
    /// The sinks that are configured; none where that is not known.
    let sinks: [Settings.Sink]

    private struct Happening {
        /// Nil for what is so now.
        let at: Instant?
        let what: String
        let sink: String?
        let words: String
    }

    private var happenings: [Happening] {
        let entry = event.entry
        let size = request.map { ", \($0.body.count) bytes" } ?? ""
        let commit = history.commit.map { "commit \($0)" } ?? "a commit that is not kept any more"
        var all = [
            Happening(
                at: entry.receivedAt, what: "received", sink: nil,
                words: "by \(entry.event.label.source)\(size), on the disk before it was answered, with \(commit)")
        ]
        all += history.attempts.map { Happening(at: $0.at, what: $0.word, sink: $0.sink, words: $0.words) }
        all += history.sinks.compactMap { standing($0) }
        return all.sorted { ($0.at ?? Instant(microseconds: .max)) < ($1.at ?? Instant(microseconds: .max)) }
    }

    /// How it stands with a sink, where its history does not tell already.
    private func standing(_ there: EventHistory.AtSink) -> Happening? {
        let isWanted = sinks.first { $0.name == there.sink }?.filter.matches(event.entry.event.label) ?? true
        switch there.state {
        case .ahead where !isWanted: return nil
        case .ahead: return Happening(at: nil, what: "waiting", sink: there.sink, words: "its turn has not come yet")
        case .waiting(let tries, let until, let reason):
            return Happening(
                at: nil, what: "waiting", sink: there.sink,
                words: "tried \(tries) times, the next is at \(until.rfc3339): \(reason)")
        case .dead: return nil
        case .passed where !isWanted || history.attempts.contains { $0.sink == there.sink && $0.outcome == .taken }:
            return nil
        case .passed(let moment):
            return Happening(
                at: moment, what: "taken", sink: there.sink,
                words: moment == nil ? "at a time that is not known" : "at the first try, by then at the latest")
        }
    }

    var text: String {
        let frozen = event.entry.event
        let heading = "\(frozen.id)  \(frozen.label.type)  number \(event.entry.sequence)"
        let about =
            "  \(frozen.subject ?? "no subject")  request \(event.requestId?.description ?? "not kept any more")"
        let lines = happenings.map { happening in
            let moment = happening.at?.rfc3339 ?? "now                        "
            return "  \(moment)  \(happening.sink.map { $0 + ": " } ?? "")\(happening.what), \(happening.words)"
        }
        return ([heading, about] + lines).joined(separator: "\n")
    }

    var object: Verbatim {
        let frozen = event.entry.event
        return [
            "id": .string(frozen.id.description), "type": .string(frozen.label.type),
            "sequence": .integer(event.entry.sequence), "subject": frozen.subject.map { .string($0) } ?? .null,
            "requestId": event.requestId.map { .string($0.description) } ?? .null,
            "happenings": .array(
                happenings.map { happening in
                    [
                        "at": happening.at.map { .string($0.rfc3339) } ?? .null, "what": .string(happening.what),
                        "sink": happening.sink.map { .string($0) } ?? .null, "words": .string(happening.words),
                    ]
                }),
        ]
    }
}

extension Attempt {
    fileprivate var word: String {
        switch outcome {
        case .failed: "failed"
        case .taken: "taken"
        case .buried: "given up"
        case .replayed: "sent again"
        }
    }

    fileprivate var words: String {
        switch outcome {
        case .failed, .buried: "try \(number): \(reason ?? "")"
        case .taken: "at try \(number)"
        case .replayed: "since an operator wanted it"
        }
    }
}
