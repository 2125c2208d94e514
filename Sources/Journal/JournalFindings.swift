public import Model

/// An event as the journal keeps it, and the request that brought it.
public struct StoredEvent: Sendable, Equatable {
    public let entry: Entry
    /// Nil where the request is no longer kept.
    public let requestId: EventID?
}

/// Which events are looked for: all conditions hold at once.
public struct EventQuery: Sendable, Equatable {
    /// From where the search goes on, without the event of that number; nil begins at the search's own end.
    public var from: Int64?
    public var order: Order
    public var filter: EntryFilter
    /// Exactly this subject.
    public var subject: String?
    /// Received then or later.
    public var since: Instant?
    /// Received before.
    public var until: Instant?
    public var limit: Int

    public enum Order: Sendable {
        case newestFirst, oldestFirst
    }

    public init(
        from: Int64? = nil, order: Order = .newestFirst, filter: EntryFilter = EntryFilter(), subject: String? = nil,
        since: Instant? = nil, until: Instant? = nil, limit: Int = 50
    ) {
        self.from = from
        self.order = order
        self.filter = filter
        self.subject = subject
        self.since = since
        self.until = until
        self.limit = limit
    }
}

/// What one search found, which looks at so many events and no more.
public struct EventPage: Sendable, Equatable {
    public let events: [StoredEvent]
    /// Where the next search goes on; nil where there is nothing left to look at.
    public let next: Int64?
}

/// Something authentic that could not be understood, with the body it stood in.
public struct QuarantineItem: Sendable, Equatable {
    /// Its number, which only rises.
    public let id: Int64
    public let at: Instant
    public let source: String
    public let provider: String
    public let fault: Fault
    public let requestId: EventID
    public let body: [UInt8]
}

/// Part of what is in quarantine, the oldest first.
public struct QuarantinePage: Sendable, Equatable {
    public let items: [QuarantineItem]
    /// After which item the next page begins; nil where there is none.
    public let next: Int64?
}

/// An event that a sink was not given.
public struct DeadLetter: Sendable, Equatable {
    public let sink: String
    public let entry: Entry
    public let attempts: Int
    public let at: Instant
    public let reason: String

    /// Where it stands among the others: spelt `crm/12`, by sink and number.
    public struct Place: Sendable, Equatable, LosslessStringConvertible {
        public let sink: String
        public let sequence: Int64

        public init(sink: String, sequence: Int64) {
            self.sink = sink
            self.sequence = sequence
        }

        public init?(_ description: String) {
            let parts = description.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, let sequence = Int64(parts[1]) else { return nil }
            self.init(sink: String(parts[0]), sequence: sequence)
        }

        public var description: String { "\(sink)/\(sequence)" }
    }

    public var place: Place { Place(sink: sink, sequence: entry.sequence) }
}

/// Part of the dead letters.
public struct DeadLetterPage: Sendable, Equatable {
    public let letters: [DeadLetter]
    /// After which one the next page begins; nil where there is none.
    public let next: DeadLetter.Place?
}

/// A request as it came in.
public struct StoredRequest: Sendable, Equatable {
    public let requestId: EventID
    public let receivedAt: Instant
    public let source: String
    public let provider: String
    public let headers: [Receipt.Header]
    public let body: [UInt8]
    /// The numbers of the events that it was the first to bring, as far as they stand together; empty where all it brought
    /// are faults.
    public let events: Range<Int64>
    /// The numbers of those that stand elsewhere, run by run: what it brought when it was read again, and in a log what came
    /// between others' events.
    public let furtherEvents: [Range<Int64>]
    /// How its sender was proved; nil where it came before that was kept.
    public let authenticity: Authenticity?

    /// The numbers of all of its events, run by run.
    public var eventRuns: [Range<Int64>] { [events] + furtherEvents }
}

/// Which requests are looked for, the oldest first: all conditions hold at once.
public struct RequestQuery: Sendable, Equatable {
    /// From where the search goes on; nil begins.
    public var from: Int64?
    public var provider: String?
    public var source: String?
    /// Received then or later.
    public var since: Instant?
    /// Received before.
    public var until: Instant?
    /// Only those of which something is in quarantine.
    public var onlyQuarantined: Bool
    public var limit: Int

    public init(
        from: Int64? = nil, provider: String? = nil, source: String? = nil, since: Instant? = nil,
        until: Instant? = nil, onlyQuarantined: Bool = false, limit: Int = 50
    ) {
        self.from = from
        self.provider = provider
        self.source = source
        self.since = since
        self.until = until
        self.onlyQuarantined = onlyQuarantined
        self.limit = limit
    }
}

/// What one search found, which looks at so many requests and no more.
public struct RequestPage: Sendable, Equatable {
    public let requests: [StoredRequest]
    /// Where the next search goes on; nil where there is nothing left to look at.
    public let next: Int64?
}

/// Something that a vendor sends and that is not known yet, and how often it was seen.
///
/// There are so many of them and no more: ``JournalCounts/sightingsLeftOut`` tells what found no place. Only requests
/// that brought something new count.
public struct SightingRecord: Sendable, Equatable {
    public let provider: String
    /// Its path and its word may be cut off: of each, the first 256 scalars are kept.
    public let sighting: Sighting
    public let first: Instant
    public let last: Instant
    public let count: Int64
    /// The last request that had it, which may be pruned by now.
    public let requestId: EventID

    /// Where it stands among the others.
    public struct Place: Sendable, Equatable {
        public let provider: String
        public let sighting: Sighting

        public init(provider: String, sighting: Sighting) {
            self.provider = provider
            self.sighting = sighting
        }
    }

    public var place: Place { Place(provider: provider, sighting: sighting) }
}

/// Part of what vendors send that is not known yet.
public struct SightingPage: Sendable, Equatable {
    public let records: [SightingRecord]
    /// After which one the next page begins; nil where there is none.
    public let next: SightingRecord.Place?
}

/// How a sink stands.
public struct SinkState: Sendable, Equatable {
    public let name: String
    public let cursor: Int64
    /// The number of the newest event that there is.
    public let newest: Int64
    public let retries: Int64
    public let deadLetters: Int64
    /// Why nothing is sent to it any more; nil where it is.
    public let halt: Progress.Halt?
    /// How it is probed; nil where it is not known to be down.
    public let outage: Progress.Outage?
}

/// How much there is.
public struct JournalCounts: Sendable, Equatable {
    /// How many there are at most: all from the oldest to the newest, less those that were pruned between.
    public let events: Int64
    /// How many there are at most, likewise.
    public let requests: Int64
    public let quarantine: Int64
    /// Sightings that were not counted, since there were too many.
    public let sightingsLeftOut: Int64
    /// The number of the newest event.
    public let newest: Int64
}

/// What a journal takes on its disk. It is told by the file system: the journal itself is not asked.
public struct JournalRoom: Sendable, Equatable {
    public let fileBytes: Int64
    /// Of the write-ahead log: what it takes on the disk, which is more than what is in use.
    public let logBytes: Int64
    /// What is free on the disk; nil where it cannot be told.
    public let freeBytes: Int64?

    public init(ofJournal path: String) {
        fileBytes = JournalFile.sizeBytes(of: path) ?? 0
        logBytes = JournalFile.sizeBytes(of: path + "-wal") ?? 0
        freeBytes = DiskSpace.freeBytes(at: path)
    }
}
