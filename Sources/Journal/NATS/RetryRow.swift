internal import Model
internal import Wire

/// An entry of a sink that waits for another try, as the log keeps it beside the sink's head.
struct RetryRow: Sendable {
    let sequence: Int64
    let attempts: Int
    let firstTriedAt: Instant
    let dueAt: Instant
    let reason: String

    init(_ postponed: Steps.Postponed) {
        sequence = postponed.sequence
        attempts = postponed.attempts
        firstTriedAt = postponed.firstTriedAt
        dueAt = postponed.dueAt
        reason = postponed.reason
    }

    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(bytes), let sequence = json["sequence"]?.integer,
            let attempts = json["attempts"]?.integer, let firstTriedAt = json["firstTriedAt"]?.integer,
            let dueAt = json["dueAt"]?.integer, let reason = json["reason"]?.string
        else { return nil }
        self.sequence = sequence
        self.attempts = Int(attempts)
        self.firstTriedAt = Instant(microseconds: firstTriedAt)
        self.dueAt = Instant(microseconds: dueAt)
        self.reason = reason
    }

    var bytes: [UInt8] {
        Verbatim.object([
            .init("sequence", .integer(sequence)), .init("attempts", .integer(Int64(attempts))),
            .init("firstTriedAt", .integer(firstTriedAt.microseconds)), .init("dueAt", .integer(dueAt.microseconds)),
            .init("reason", .string(reason)),
        ]).json
    }
}

extension Steps.Buried {
    /// A dead letter, as the log keeps it for an operator to look at.
    var bytes: [UInt8] {
        Verbatim.object([
            .init("sequence", .integer(sequence)), .init("attempts", .integer(Int64(attempts))),
            .init("at", .integer(at.microseconds)), .init("reason", .string(reason)),
        ]).json
    }
}
