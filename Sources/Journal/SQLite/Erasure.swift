import Model

/// Takes a person's rows away. What is freed by it is overwritten, since the connection deletes securely.
final class Eraser {
    private let database: Database
    private let sweeper: Sweeper
    private let removeEvent: Statement
    private let removeEverywhere: [String]
    private let removeFaults: Statement
    private let insertRecord: Statement

    init(_ database: Database) throws(JournalError) {
        self.database = database
        sweeper = try Sweeper(database)
        removeEvent = try database.prepare("DELETE FROM events WHERE sequence = ?1")
        removeEverywhere = ["retries", "dead_letters", "trials", "attempts"].map { table in
            "DELETE FROM \(table) WHERE sink IN (SELECT id FROM sinks) AND sequence = "
        }
        removeFaults = try database.prepare("DELETE FROM quarantine WHERE request = ?1")
        insertRecord = try database.prepare(
            """
            INSERT INTO erasures(at_us, salt, subject_digest, events, requests, faults) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """)
    }

    func erase(_ mentions: Mentions) throws(JournalError) -> Erased {
        var erased = Erased()
        for sequence in mentions.events {
            try removeEvent.bind(sequence, at: 1)
            try removeEvent.run()
            erased.events += database.changes
            for statement in removeEverywhere { try database.execute(statement + String(sequence)) }
        }
        for request in Set(mentions.requests).sorted() {
            try removeFaults.bind(request, at: 1)
            try removeFaults.run()
            erased.faults += database.changes
            if try sweeper.remove(request) { erased.requests += 1 }
        }
        return erased
    }

    func note(_ record: ErasureRecord) throws(JournalError) {
        try insertRecord.bind(record.at.microseconds, at: 1)
        try insertRecord.bind(record.salt, at: 2)
        try insertRecord.bind(record.subjectDigest, at: 3)
        try insertRecord.bind(record.erased.events, at: 4)
        try insertRecord.bind(record.erased.requests, at: 5)
        try insertRecord.bind(record.erased.faults, at: 6)
        try insertRecord.run()
    }
}

extension SQLiteJournal {
    /// Takes rows away, with all that hangs on them, in one transaction between two commits.
    public func erase(_ mentions: Mentions) throws(JournalError) -> Erased {
        defer { tail.clear() }
        return try change { (storage) throws(JournalError) in
            try storage.writer.transaction { () throws(JournalError) in
                try Eraser(storage.writer.database).erase(mentions)
            }
        }
    }

    /// Keeps that a person's data were taken away, and empties the log, in which they may still be read.
    /// - Returns: whether the log could be emptied. Where not, somebody reads; it is emptied within minutes.
    public func note(_ record: ErasureRecord) throws(JournalError) -> Bool {
        try change { (storage) throws(JournalError) in
            try storage.writer.transaction { () throws(JournalError) in
                try Eraser(storage.writer.database).note(record)
            }
            try storage.emptyLog()
            return storage.logFileBytes == 0
        }
    }

    private func change<Outcome>(
        _ work: (Storage) throws(JournalError) -> Outcome
    ) throws(JournalError) -> Outcome {
        guard let storage, line.failure == nil else { throw line.failure ?? .closed }
        do {
            return try work(storage)
        } catch {
            distrust(error)
            throw error
        }
    }
}
