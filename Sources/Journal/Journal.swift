public import Model

/// The one queue: what was accepted, in the order it was accepted, and how far each sink has come.
///
/// ``append(_:tell:)`` is the promise that the product rests on: it tells of a success only when the bytes are on the disk.
public protocol Journal: Sendable {
    /// Stores requests with their events and faults, and returns once all of them are on the disk or are known not to be.
    ///
    /// It waits on the thread of whoever asks, and needs no other but the writer's.
    ///
    /// Events that the journal has already, by id, are left out; so are faults of a body that it has already. A request
    /// that brings nothing new leaves nothing behind. A replay (``Receipt/isReplay``) is not stored a second time: what it
    /// brings is added to the request of the same id, and faults of that body that it no longer has leave quarantine.
    /// - Parameter tell: told once of each, by its place among them, as soon as it is on the disk or known not to be; before
    ///   this returns, and where the caller is. Of one that could not be stored nothing is promised.
    nonisolated(nonsending) func append(
        _ receipts: [Receipt], tell: (_ place: Int, AppendOutcome) -> Void
    ) async

    /// Up to `limit` entries after a sequence number that pass the filter, in order, and how far the search came.
    ///
    /// One search is bounded, so that few entries, or none, do not mean the end: only a search that comes no further does.
    nonisolated(nonsending) func read(
        after sequence: Int64, limit: Int, matching filter: EntryFilter
    ) async throws(JournalError) -> Batch

    /// The number of the newest event on the disk, now and whenever it rises: what a forwarder waits for.
    ///
    /// Each call makes a stream of its own, which skips numbers that its reader was too slow for.
    func commits() async -> AsyncStream<Int64>

    /// Makes this process the one that serves a sink, and tells how far the sink has come; nil where another one serves it.
    func takeTurn(at sink: String) async throws(JournalError) -> Progress?

    /// Whether it is certain at this moment that no other process serves the sink.
    func isOurTurn(at sink: String) -> Bool

    /// Why nothing can be accepted now; nil where it can, as far as is known.
    var ailment: String? { get }

    /// How far a sink has come, and what it keeps beside that. A sink that was never seen starts before the first event.
    func progress(of sink: String) async throws(JournalError) -> Progress

    /// Entries of a sink that wait for another try, due or not, after a sequence number and in order: at most `limit`, and
    /// fewer where they are long. None is the end.
    nonisolated(nonsending) func retries(of sink: String, after sequence: Int64, limit: Int) async throws(JournalError)
        -> [Retry]

    /// As ``retries(of:after:limit:)``, of entries that an operator wants sent again and that were not tried since.
    nonisolated(nonsending) func replays(of sink: String, after sequence: Int64, limit: Int) async throws(JournalError)
        -> [Retry]

    /// Moves a sink forward: cursor, position, retries and dead letters in one transaction, on the disk when it returns.
    nonisolated(nonsending) func record(_ steps: Steps, for sink: String) async throws(JournalError)

    /// Records what an operator wants of a sink, whichever process serves it: entries to be sent again, or that the sink is
    /// sent to again. It is on the disk when it returns.
    func instruct(_ steps: Steps, for sink: String) async throws(JournalError)

    /// What operators want of the sinks that this process serves, where they asked another process.
    func words() async -> AsyncStream<SinkWord>

    /// Takes rows away, with all that hangs on them.
    func erase(_ mentions: Mentions) async throws(JournalError) -> Erased

    /// Keeps that a person's data were taken away.
    /// - Returns: whether nothing of them is left in the journal's own logs either; where not, that takes minutes.
    func note(_ record: ErasureRecord) async throws(JournalError) -> Bool

    /// Ends all work and closes the files. Nothing may be asked of it afterwards.
    func close() async
}

extension Journal {
    /// Stores one request, as ``append(_:tell:)`` does.
    /// - Throws: ``JournalError`` where it cannot be stored; then nothing is promised.
    public nonisolated(nonsending) func append(_ receipt: Receipt) async throws(JournalError) -> Appended {
        var outcome: AppendOutcome?
        await append([receipt]) { outcome = $1 }
        guard let outcome else { preconditionFailure("a journal said nothing of what it was given") }
        return try outcome.get()
    }
}

/// What became of one request.
public typealias AppendOutcome = Result<Appended, JournalError>

/// What whoever serves a sink is told while it runs.
public struct SinkWord: Sendable, Equatable {
    public let sink: String
    public let what: What

    public enum What: Sendable, Equatable {
        /// Something was put among what is to be sent again.
        case lookAgain
        /// It is sent to again.
        case resume
        /// These events were erased.
        case forget(Set<Int64>)
    }

    public init(_ what: What, to sink: String) {
        self.what = what
        self.sink = sink
    }
}

/// What an append came to.
public struct Appended: Sendable, Equatable {
    /// How many of the request's events were new.
    public let newEvents: Int
    /// How many of the request's faults were new.
    public let newFaults: Int
    /// How many faults left quarantine, since a replay no longer has them.
    public let settledFaults: Int

    /// Whether the journal had all of it already.
    public var isDuplicate: Bool { newEvents == 0 && newFaults == 0 && settledFaults == 0 }

    public init(newEvents: Int, newFaults: Int, settledFaults: Int = 0) {
        self.newEvents = newEvents
        self.newFaults = newFaults
        self.settledFaults = settledFaults
    }
}

/// A run of entries.
public struct Batch: Sendable {
    public let entries: [Entry]
    /// Every entry up to here was looked at: those that are not in ``entries`` did not pass the filter.
    public let through: Int64
    /// Numbers of events that are not as they were written, and so are not among ``entries``.
    public let damaged: [Int64]

    public init(entries: [Entry], through: Int64, damaged: [Int64] = []) {
        self.entries = entries
        self.through = through
        self.damaged = damaged
    }
}

/// An entry that was tried and failed, and will be tried again.
public struct Retry: Sendable, Equatable {
    public let entry: Entry
    /// Whether it is as it was written. One that is not holds nothing of it but its number.
    public let isSound: Bool
    /// How often it was tried so far.
    public let attempts: Int
    /// When it was first tried: patience is counted from here.
    public let firstTriedAt: Instant
    public let dueAt: Instant

    public init(entry: Entry, isSound: Bool = true, attempts: Int, firstTriedAt: Instant, dueAt: Instant) {
        self.entry = entry
        self.isSound = isSound
        self.attempts = attempts
        self.firstTriedAt = firstTriedAt
        self.dueAt = dueAt
    }
}

/// Why the journal could not do what it was asked.
public enum JournalError: Error, Sendable, Equatable {
    /// The disk is full, or nearly; it takes no more until space is made.
    case full
    /// Someone else holds the file, or too much is waiting; another try may do.
    case busy
    /// The disk or the file is not to be trusted any more. Nothing is accepted until the process starts anew.
    case broken(String)
    /// The journal is closed or closing.
    case closed
    /// The file cannot be opened as it is: another version's, another's, or not one of ours.
    case unusable(String)
    /// The request is longer than the journal ever takes, however much room it has.
    case tooLong(String)
    /// Another process serves the sink: what this one would record is not so any more.
    case superseded
}
