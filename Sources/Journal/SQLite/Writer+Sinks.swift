import Model

/// What moves a sink forward.
final class SinkStatements {
    let insertSink: Statement
    let findSink: Statement
    let moveSink: Statement
    let notePassage: Statement
    let serve: Statement
    let turn: Statement
    let ail: Statement
    let postpone: Statement
    let replay: Statement
    let settle: Statement
    let bury: Statement
    let unbury: Statement
    let tryOnce: Statement
    let survive: Statement
    let noteAttempt: Statement

    /// Stands for the reason of a try that there was none of yet: an operator wants the entry sent again.
    static let replayed = "sent again"

    /// How far a sink had come is kept so often and no more.
    static let passagesEveryUs: Int64 = 1_000_000

    init(_ database: Database) throws(JournalError) {
        insertSink = try database.prepare("INSERT INTO sinks(name) VALUES (?1)")
        findSink = try database.prepare("SELECT id FROM sinks WHERE name = ?1")
        moveSink = try database.prepare(
            """
            UPDATE sinks SET cursor = coalesce(?2, cursor), position = coalesce(?3, position),
            moved_us = iif(?2 IS NULL, moved_us, coalesce(?4, moved_us)) WHERE id = ?1
            """)
        // Where the sink stood before it moves on, unless the last that was kept is recent as it moves.
        notePassage = try database.prepare(
            """
            INSERT INTO passages(sink, cursor, at_us) SELECT s.id, s.cursor, s.moved_us FROM sinks s
            WHERE s.id = ?1 AND s.moved_us > 0 AND ?2 >= coalesce(
                (SELECT p.at_us FROM passages p WHERE p.sink = ?1 ORDER BY p.cursor DESC LIMIT 1), 0)
            ON CONFLICT DO NOTHING
            """)
        serve = try database.prepare("UPDATE sinks SET is_served = ?2 WHERE id = ?1")
        turn = try database.prepare("UPDATE sinks SET halted_us = ?2, halt_reason = ?3 WHERE id = ?1")
        ail = try database.prepare("UPDATE sinks SET down_until_us = ?2, probes_failed = ?3 WHERE id = ?1")
        // Of an event that was erased meanwhile nothing is kept.
        postpone = try database.prepare(
            """
            INSERT INTO retries(sink, sequence, attempts, first_tried_us, due_us, reason)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM events WHERE sequence = ?2)
            ON CONFLICT(sink, sequence) DO UPDATE SET attempts = excluded.attempts,
            first_tried_us = excluded.first_tried_us, due_us = excluded.due_us, reason = excluded.reason
            """)
        replay = try database.prepare(
            """
            INSERT INTO retries(sink, sequence, attempts, first_tried_us, due_us, reason)
            SELECT ?1, ?2, 0, ?3, ?3, '\(Self.replayed)' WHERE EXISTS (SELECT 1 FROM events WHERE sequence = ?2)
            ON CONFLICT(sink, sequence) DO NOTHING
            """)
        settle = try database.prepare("DELETE FROM retries WHERE sink = ?1 AND sequence = ?2")
        bury = try database.prepare(
            """
            INSERT INTO dead_letters(sink, sequence, attempts, at_us, reason)
            SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM events WHERE sequence = ?2)
            ON CONFLICT(sink, sequence) DO UPDATE SET attempts = excluded.attempts, at_us = excluded.at_us,
            reason = excluded.reason
            """)
        unbury = try database.prepare("DELETE FROM dead_letters WHERE sink = ?1 AND sequence = ?2")
        tryOnce = try database.prepare(
            """
            INSERT INTO trials(sink, sequence, count) VALUES (?1, ?2, ?3)
            ON CONFLICT(sink, sequence) DO UPDATE SET count = count + excluded.count
            """)
        survive = try database.prepare("DELETE FROM trials WHERE sink = ?1 AND sequence = ?2")
        noteAttempt = try database.prepare(
            """
            INSERT INTO attempts(sequence, sink, at_us, outcome, attempt, reason)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM events WHERE sequence = ?1)
            ON CONFLICT DO NOTHING
            """)
    }
}

extension Writer {
    /// Writes a sink's steps into the transaction that is open.
    ///
    /// An entry is in the retries or among the dead letters, never in both.
    func record(_ steps: Steps, for sink: String) throws(JournalError) {
        let sink = try number(ofSink: sink)
        if steps.cursor != nil || steps.position != nil { try move(sink, steps) }
        for entry in steps.postponed { try postpone(entry, of: sink) }
        for entry in steps.settled {
            try run(entry.sequence, of: sink, by: sinkStatements.settle)
            try note(.taken, entry.sequence, of: sink, at: entry.at, attempt: entry.attempts)
        }
        for entry in steps.buried {
            try run(entry.sequence, of: sink, by: sinkStatements.settle)
            try bury(entry, of: sink)
        }
        for sequence in steps.replayed { try replay(sequence, of: sink, at: steps.at) }
        for sequence in steps.tried {
            // Of several that were tried together nobody can tell which it was.
            try sinkStatements.tryOnce.bind(steps.tried.count == 1 ? 1 : 0, at: 3)
            try run(sequence, of: sink, by: sinkStatements.tryOnce)
        }
        for sequence in steps.survived { try run(sequence, of: sink, by: sinkStatements.survive) }
        try turn(sink, steps)
    }

    private func move(_ sink: Int64, _ steps: Steps) throws(JournalError) {
        if steps.cursor != nil, let now = steps.at {
            try sinkStatements.notePassage.bind(sink, at: 1)
            try sinkStatements.notePassage.bind(now.microseconds - SinkStatements.passagesEveryUs, at: 2)
            try sinkStatements.notePassage.run()
        }
        try sinkStatements.moveSink.bind(sink, at: 1)
        try sinkStatements.moveSink.bind(steps.cursor, at: 2)
        try sinkStatements.moveSink.bind(steps.position, at: 3)
        try sinkStatements.moveSink.bind(steps.at?.microseconds, at: 4)
        try sinkStatements.moveSink.run()
    }

    private func turn(_ sink: Int64, _ steps: Steps) throws(JournalError) {
        if let isServed = steps.isServed {
            try sinkStatements.serve.bind(sink, at: 1)
            try sinkStatements.serve.bind(isServed ? 1 : 0, at: 2)
            try sinkStatements.serve.run()
        }
        if let health = steps.health {
            let outage: Progress.Outage? = if case .down(let outage) = health { outage } else { nil }
            try sinkStatements.ail.bind(sink, at: 1)
            try sinkStatements.ail.bind(outage?.until.microseconds, at: 2)
            try sinkStatements.ail.bind(Int64(outage?.probesFailed ?? 0), at: 3)
            try sinkStatements.ail.run()
        }
        guard let turn = steps.turn else { return }
        let halt: Progress.Halt? = if case .halted(let halt) = turn { halt } else { nil }
        try sinkStatements.turn.bind(sink, at: 1)
        try sinkStatements.turn.bind(halt?.at.microseconds, at: 2)
        try sinkStatements.turn.bind(halt?.reason, at: 3)
        try sinkStatements.turn.run()
    }

    private func postpone(_ entry: Steps.Postponed, of sink: Int64) throws(JournalError) {
        try run(entry.sequence, of: sink, by: sinkStatements.unbury)
        try sinkStatements.postpone.bind(sink, at: 1)
        try sinkStatements.postpone.bind(entry.sequence, at: 2)
        try sinkStatements.postpone.bind(Int64(entry.attempts), at: 3)
        try sinkStatements.postpone.bind(entry.firstTriedAt.microseconds, at: 4)
        try sinkStatements.postpone.bind(entry.dueAt.microseconds, at: 5)
        try sinkStatements.postpone.bind(entry.reason, at: 6)
        try sinkStatements.postpone.run()
        guard let triedAt = entry.triedAt, Attempt.isKept(entry.attempts) else { return }
        try note(.failed, entry.sequence, of: sink, at: triedAt, attempt: entry.attempts, entry.reason)
    }

    private func bury(_ entry: Steps.Buried, of sink: Int64) throws(JournalError) {
        try sinkStatements.bury.bind(sink, at: 1)
        try sinkStatements.bury.bind(entry.sequence, at: 2)
        try sinkStatements.bury.bind(Int64(entry.attempts), at: 3)
        try sinkStatements.bury.bind(entry.at.microseconds, at: 4)
        try sinkStatements.bury.bind(entry.reason, at: 5)
        try sinkStatements.bury.run()
        try note(.buried, entry.sequence, of: sink, at: entry.at, attempt: entry.attempts, entry.reason)
    }

    private func replay(_ sequence: Int64, of sink: Int64, at now: Instant?) throws(JournalError) {
        let now = now ?? Instant(microseconds: 0)
        try run(sequence, of: sink, by: sinkStatements.unbury)
        try sinkStatements.replay.bind(sink, at: 1)
        try sinkStatements.replay.bind(sequence, at: 2)
        try sinkStatements.replay.bind(now.microseconds, at: 3)
        try sinkStatements.replay.run()
        try note(.replayed, sequence, of: sink, at: now, attempt: 0)
    }

    private func note(
        _ outcome: Attempt.Outcome, _ sequence: Int64, of sink: Int64, at moment: Instant, attempt: Int,
        _ reason: String? = nil
    ) throws(JournalError) {
        try sinkStatements.noteAttempt.bind(sequence, at: 1)
        try sinkStatements.noteAttempt.bind(sink, at: 2)
        try sinkStatements.noteAttempt.bind(moment.microseconds, at: 3)
        try sinkStatements.noteAttempt.bind(outcome.rawValue, at: 4)
        try sinkStatements.noteAttempt.bind(Int64(attempt), at: 5)
        try sinkStatements.noteAttempt.bind(reason, at: 6)
        try sinkStatements.noteAttempt.run()
    }

    /// Runs a statement that is about one entry of one sink.
    private func run(
        _ sequence: Int64, of sink: Int64, by statement: borrowing Statement
    ) throws(JournalError) {
        try statement.bind(sink, at: 1)
        try statement.bind(sequence, at: 2)
        try statement.run()
    }

    private func number(ofSink sink: String) throws(JournalError) -> Int64 {
        if let known = sinks[sink] { return known }
        let number = try Self.number(of: [sink], sinkStatements.findSink, sinkStatements.insertSink)
        sinks[sink] = number
        return number
    }
}
