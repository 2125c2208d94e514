internal import Model

/// Looks for what became of an event.
final class HistorySearch {
    private let findAttempts: Statement
    private let findSinks: Statement
    private let findPassage: Statement
    private let findCommit: Statement

    init(_ database: Database) throws(JournalError) {
        findAttempts = try database.prepare(
            """
            SELECT s.name, a.at_us, a.outcome, a.attempt, a.reason FROM attempts a JOIN sinks s ON s.id = a.sink
            WHERE a.sequence = ?1 ORDER BY a.at_us, a.outcome
            """)
        findSinks = try database.prepare(
            """
            SELECT s.id, s.name, s.cursor, s.moved_us, t.attempts, t.due_us, t.reason, d.at_us, d.reason FROM sinks s
            LEFT JOIN retries t ON t.sink = s.id AND t.sequence = ?1
            LEFT JOIN dead_letters d ON d.sink = s.id AND d.sequence = ?1
            ORDER BY s.name
            """)
        findPassage = try database.prepare(
            "SELECT at_us FROM passages WHERE sink = ?1 AND cursor >= ?2 ORDER BY cursor LIMIT 1")
        findCommit = try database.prepare(
            "SELECT number FROM commits WHERE last_event >= ?1 AND number > 0 ORDER BY number LIMIT 1")
    }

    func history(of sequence: Int64) throws(JournalError) -> EventHistory {
        try EventHistory(
            commit: commit(of: sequence), attempts: attempts(of: sequence), sinks: sinks(of: sequence))
    }

    private func commit(of sequence: Int64) throws(JournalError) -> Int64? {
        try findCommit.bind(sequence, at: 1)
        defer { findCommit.reset() }
        return try findCommit.row() ? findCommit.integer(0) : nil
    }

    private func attempts(of sequence: Int64) throws(JournalError) -> [Attempt] {
        try findAttempts.bind(sequence, at: 1)
        defer { findAttempts.reset() }
        var attempts: [Attempt] = []
        while try findAttempts.row() {
            guard let outcome = Attempt.Outcome(rawValue: findAttempts.integer(2)) else {
                throw .broken("an attempt came to what there is not")
            }
            attempts.append(
                Attempt(
                    sink: findAttempts.text(0) ?? "", at: findAttempts.instant(1), outcome: outcome,
                    number: Int(clamping: findAttempts.integer(3)), reason: findAttempts.text(4)))
        }
        return attempts
    }

    private func sinks(of sequence: Int64) throws(JournalError) -> [EventHistory.AtSink] {
        try findSinks.bind(sequence, at: 1)
        defer { findSinks.reset() }
        var sinks: [EventHistory.AtSink] = []
        while try findSinks.row() {
            let state: EventHistory.State
            if !findSinks.isNull(5) {
                state = .waiting(
                    tries: Int(clamping: findSinks.integer(4)), until: findSinks.instant(5),
                    reason: findSinks.text(6) ?? "")
            } else if !findSinks.isNull(7) {
                state = .dead(at: findSinks.instant(7), reason: findSinks.text(8) ?? "")
            } else if findSinks.integer(2) < sequence {
                state = .ahead
            } else {
                let passed = try passage(of: sequence, at: findSinks.integer(0)) ?? findSinks.instant(3)
                state = .passed(by: passed.microseconds > 0 ? passed : nil)
            }
            sinks.append(EventHistory.AtSink(sink: findSinks.text(1) ?? "", state: state))
        }
        return sinks
    }

    private func passage(of sequence: Int64, at sink: Int64) throws(JournalError) -> Instant? {
        try findPassage.bind(sink, at: 1)
        try findPassage.bind(sequence, at: 2)
        defer { findPassage.reset() }
        return try findPassage.row() ? findPassage.instant(0) : nil
    }
}
