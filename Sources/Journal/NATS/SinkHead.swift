internal import Model
internal import Wire

/// How far a sink has come, and whose turn it is to serve it: one message, replaced as a whole.
///
/// It is written only where it is still the one that was read, so that two can never both move a sink.
struct SinkHead: Sendable, Equatable {
    /// The process that serves the sink; empty where none does.
    var owner: String
    var progress: Progress

    var bytes: [UInt8] {
        let trials = progress.trials.sorted { $0.key < $1.key }.map { sequence, count in
            Verbatim.array([.integer(sequence), .integer(Int64(count))])
        }
        return Verbatim.object([
            .init("owner", .string(owner)), .init("cursor", .integer(progress.cursor)),
            .init("position", .string(Base64.encode(progress.position))), .init("isServed", .bool(progress.isServed)),
            .init("trials", .array(trials)),
            .init("halt", progress.halt.map { .array([.integer($0.at.microseconds), .string($0.reason)]) } ?? .null),
            .init(
                "outage",
                progress.outage.map { .array([.integer($0.until.microseconds), .integer(Int64($0.probesFailed))]) }
                    ?? .null),
        ]).json
    }

    init(owner: String, progress: Progress) {
        self.owner = owner
        self.progress = progress
    }

    /// Nil where it is none of ours.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(bytes), let owner = json["owner"]?.string, let cursor = json["cursor"]?.integer,
            let position = json["position"]?.string.flatMap({ Base64.decode($0) }),
            let isServed = json["isServed"]?.bool
        else { return nil }
        self.owner = owner
        progress = Progress(cursor: cursor, position: position, isServed: isServed)
        for trial in json["trials"]?.elements ?? [] {
            guard case let pair = trial.elements.compactMap(\.integer), pair.count == 2 else { return nil }
            progress.trials[pair[0]] = Int(pair[1])
        }
        if let halt = json["halt"]?.elements, halt.count == 2, let at = halt[0].integer, let reason = halt[1].string {
            progress.halt = Progress.Halt(reason: reason, at: Instant(microseconds: at))
        }
        if let outage = json["outage"]?.elements.compactMap(\.integer), outage.count == 2 {
            progress.outage = Progress.Outage(until: Instant(microseconds: outage[0]), probesFailed: Int(outage[1]))
        }
    }

    /// Takes over what happened at the sink.
    mutating func apply(_ steps: Steps) {
        if let cursor = steps.cursor { progress.cursor = cursor }
        if let position = steps.position { progress.position = position }
        if let isServed = steps.isServed { progress.isServed = isServed }
        // One alone is counted, as it is when the process ends of it.
        for sequence in steps.tried {
            progress.trials[sequence, default: 0] += steps.tried.count == 1 ? 1 : 0
        }
        for sequence in steps.survived + steps.buried.map(\.sequence) { progress.trials[sequence] = nil }
        switch steps.turn {
        case .halted(let halt)?: progress.halt = halt
        case .resumed?: progress.halt = nil
        case nil: break
        }
        switch steps.health {
        case .down(let outage)?: progress.outage = outage
        case .up?: progress.outage = nil
        case nil: break
        }
    }
}
