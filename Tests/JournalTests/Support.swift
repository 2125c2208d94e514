import CPages
import CSQLite
import FolderKit
import Foundation
import Journal
import Model
import Threads
import Wire

typealias Folder = TemporaryFolder

extension TemporaryFolder {
    var journalPath: String { path("mogate.db") }

    /// Runs a program to its end, and tells whether it went well.
    @discardableResult
    static func run(_ program: String, _ arguments: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

extension Journal {
    /// What became of receipts that were appended together, in their order.
    func outcomes(of receipts: [Receipt]) async -> [AppendOutcome?] {
        var outcomes = [AppendOutcome?](repeating: nil, count: receipts.count)
        await append(receipts) { place, outcome in
            precondition(outcomes[place] == nil, "it was told twice")
            outcomes[place] = outcome
        }
        return outcomes
    }
}

extension SQLiteJournal {
    static func open(
        _ folder: Folder, _ settings: Settings = Settings(),
        whenBroken: @escaping @Sendable (JournalError) -> Void = { _ in }
    ) throws(JournalError) -> SQLiteJournal {
        try open(at: folder.journalPath, settings: settings, now: { .start }, whenBroken: whenBroken)
    }

    /// All entries there are.
    nonisolated func all(matching filter: EntryFilter = EntryFilter()) async throws -> [Entry] {
        var entries: [Entry] = []
        var through: Int64 = 0
        while through < figures.newest {
            let batch = try await read(after: through, limit: 100, matching: filter)
            entries += batch.entries
            through = batch.through
        }
        return entries
    }

    /// Returns once so many receipts wait, or the time of the test is over.
    nonisolated func waits(for count: Int) async {
        while figures.waitingReceipts != count, !Task.isCancelled { await Task.yield() }
    }
}

/// A clock by which a second passes whenever it is looked at: whoever asks once a second asks each time.
func tickingClock() -> @Sendable () -> Instant {
    let clock = Lock(Instant.start)
    return {
        clock.withLock { now in
            now = now.advanced(byMilliseconds: 1_000)
            return now
        }
    }
}

extension SQLiteJournal.Settings {
    static func with(_ change: (inout Self) -> Void) -> Self {
        var settings = Self()
        change(&settings)
        return settings
    }
}

extension Instant {
    static let start = Instant(microseconds: 1_700_000_000_000_000)
}

extension FrozenEvent {
    /// An event whose bytes tell it from all others.
    static func sample(
        _ number: Int, type: String = "mogate.message.received", source: String = "shop",
        subject: String? = "+15550100", padding: Int = 200
    ) -> FrozenEvent {
        FrozenEvent(
            id: EventID(high: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(number)),
            label: Label(type: type, provider: "telesign", channel: "sms", source: source), subject: subject,
            bytes: Array("event \(number) ".utf8)
                + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: padding))
    }
}

extension Receipt {
    static func sample(
        _ number: Int, source: String = "shop", events: [FrozenEvent]? = nil, faults: [Fault] = [],
        body: [UInt8]? = nil,
        authenticity: Authenticity = Authenticity(method: "telesign-hmac-sha256", key: "secret-1"),
        sightings: [Sighting] = [],
        isReplay: Bool = false
    ) -> Receipt {
        let body = body ?? Array("body \(number) \0 \u{FF}".utf8) + [0xFF, 0, 0xFE]
        return Receipt(
            requestId: EventID(high: 7, low: UInt64(number)),
            receivedAt: Instant.start.advanced(byMilliseconds: Int64(number)), source: source, provider: "telesign",
            headers: HeaderBlock([
                Header(name: "content-type", value: "application/json"), Header(name: "x-empty", value: ""),
            ]),
            body: body, bodyDigest: Digest.sha256(body), events: events ?? [.sample(number)], faults: faults,
            authenticity: authenticity, sightings: sightings,
            isReplay: isReplay)
    }
}

/// The same numbers each time.
struct Draws: RandomNumberGenerator {
    var state: UInt64 = 20_261_128

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

/// A second program at the database file, as far as the journal can tell.
final class Stranger {
    private var handle: OpaquePointer?

    /// - Parameter isPlain: whether it goes to the file as any other program does, which knows of no seals.
    init(_ path: String, isPlain: Bool = false) {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        // Nobody has heard of seals before the first journal was opened.
        let system = isPlain || sqlite3_vfs_find(PAGES_VFS) == nil ? nil : PAGES_VFS
        precondition(sqlite3_open_v2(path, &handle, flags, system) == SQLITE_OK)
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// Holds up every commit until it runs `ROLLBACK`, as a disk does that hangs.
    static func holding(_ folder: Folder) -> Stranger {
        let stranger = Stranger(folder.journalPath)
        precondition(stranger.run("BEGIN IMMEDIATE") == SQLITE_OK)
        return stranger
    }

    /// Reads one state of a journal of one event, and the log cannot begin anew until it runs `COMMIT`.
    static func reading(_ folder: Folder) -> Stranger {
        let stranger = Stranger(folder.journalPath)
        precondition(stranger.run("BEGIN") == SQLITE_OK && stranger.number("SELECT count(*) FROM events") == 1)
        return stranger
    }

    @discardableResult
    func run(_ sql: String) -> Int32 {
        sqlite3_exec(handle, sql, nil, nil, nil)
    }

    func number(_ sql: String) -> Int64 {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, sqlite3_step(statement) == SQLITE_ROW
        else { return -1 }
        return sqlite3_column_int64(statement, 0)
    }

    func text(_ sql: String) -> String? {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, sqlite3_step(statement) == SQLITE_ROW
        else { return nil }
        return sqlite3_column_text(statement, 0).map { String(cString: $0) }
    }
}
