public import Model

/// Rows that name a person, to be taken away with all that hangs on them.
public struct Mentions: Sendable, Equatable {
    /// Numbers of events.
    public var events: [Int64] = []
    /// Numbers of the requests that brought them, or of which something in quarantine names the person.
    public var requests: [Int64] = []
    /// From where the next search goes on; nil where there is nothing left to look at.
    public var next: Int64?

    public init() {}
}

/// How many rows were taken away of a person.
public struct Erased: Sendable, Equatable {
    public var events: Int64 = 0
    public var requests: Int64 = 0
    /// Items of the quarantine.
    public var faults: Int64 = 0

    public init() {}

    public static func += (sum: inout Erased, part: Erased) {
        sum.events += part.events
        sum.requests += part.requests
        sum.faults += part.faults
    }
}

/// That a person's data were taken away: when, how much, and a digest by which it can be shown of whom.
public struct ErasureRecord: Sendable, Equatable {
    public let at: Instant
    /// What stood before the subject when it was digested: drawn for each record, so that two tell nothing of each other.
    public let salt: [UInt8]
    public let subjectDigest: [UInt8]
    public let erased: Erased

    public init(at: Instant, salt: [UInt8], subjectDigest: [UInt8], erased: Erased) {
        self.at = at
        self.salt = salt
        self.subjectDigest = subjectDigest
        self.erased = erased
    }
}

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
        try change { (storage) throws(JournalError) in
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
