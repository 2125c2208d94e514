import Model

/// What moves a sink forward.
final class SinkStatements {
    let insertSink: Statement
    let findSink: Statement
    let moveSink: Statement
    let postpone: Statement
    let settle: Statement
    let bury: Statement
    let unbury: Statement

    init(_ database: Database) throws(JournalError) {
        insertSink = try database.prepare("INSERT INTO sinks(name) VALUES (?1)")
        findSink = try database.prepare("SELECT id FROM sinks WHERE name = ?1")
        moveSink = try database.prepare(
            "UPDATE sinks SET cursor = coalesce(?2, cursor), position = coalesce(?3, position) WHERE id = ?1")
        postpone = try database.prepare(
            """
            INSERT INTO retries(sink, sequence, attempts, first_tried_us, due_us, reason)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT(sink, sequence) DO UPDATE SET attempts = excluded.attempts,
            first_tried_us = excluded.first_tried_us, due_us = excluded.due_us, reason = excluded.reason
            """)
        settle = try database.prepare("DELETE FROM retries WHERE sink = ?1 AND sequence = ?2")
        bury = try database.prepare(
            """
            INSERT INTO dead_letters(sink, sequence, attempts, at_us, reason) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(sink, sequence) DO UPDATE SET attempts = excluded.attempts, at_us = excluded.at_us,
            reason = excluded.reason
            """)
        unbury = try database.prepare("DELETE FROM dead_letters WHERE sink = ?1 AND sequence = ?2")
    }
}

extension Writer {
    /// Writes a sink's steps into the transaction that is open.
    ///
    /// An entry is in the retries or among the dead letters, never in both: one that is postponed leaves the dead
    /// letters, which is how a dead letter is sent again.
    func record(_ steps: Steps, for sink: String) throws(JournalError) {
        let sink = try number(ofSink: sink)
        if steps.cursor != nil || steps.position != nil { try move(sink, steps) }
        for entry in steps.postponed {
            try delete(entry.sequence, of: sink, by: sinkStatements.unbury)
            try postpone(entry, of: sink)
        }
        for sequence in steps.settled { try delete(sequence, of: sink, by: sinkStatements.settle) }
        for entry in steps.buried {
            try delete(entry.sequence, of: sink, by: sinkStatements.settle)
            try bury(entry, of: sink)
        }
    }

    private func move(_ sink: Int64, _ steps: Steps) throws(JournalError) {
        try sinkStatements.moveSink.bind(sink, at: 1)
        try sinkStatements.moveSink.bind(steps.cursor, at: 2)
        try sinkStatements.moveSink.bind(steps.position, at: 3)
        try sinkStatements.moveSink.run()
    }

    private func postpone(_ entry: Steps.Postponed, of sink: Int64) throws(JournalError) {
        try sinkStatements.postpone.bind(sink, at: 1)
        try sinkStatements.postpone.bind(entry.sequence, at: 2)
        try sinkStatements.postpone.bind(Int64(entry.attempts), at: 3)
        try sinkStatements.postpone.bind(entry.firstTriedAt.microseconds, at: 4)
        try sinkStatements.postpone.bind(entry.dueAt.microseconds, at: 5)
        try sinkStatements.postpone.bind(entry.reason, at: 6)
        try sinkStatements.postpone.run()
    }

    private func bury(_ entry: Steps.Buried, of sink: Int64) throws(JournalError) {
        try sinkStatements.bury.bind(sink, at: 1)
        try sinkStatements.bury.bind(entry.sequence, at: 2)
        try sinkStatements.bury.bind(Int64(entry.attempts), at: 3)
        try sinkStatements.bury.bind(entry.at.microseconds, at: 4)
        try sinkStatements.bury.bind(entry.reason, at: 5)
        try sinkStatements.bury.run()
    }

    private func delete(
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
