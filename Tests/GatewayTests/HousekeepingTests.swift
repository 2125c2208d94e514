import FolderKit
import Foundation
import Journal
import Model
import Testing
import Threads

@testable import Gateway

/// Goal: the journal is kept within what the operator said, at the right times, and what went is told.
struct HousekeepingTests {
    /// A journal, a clock that only the sleeping moves, and what was reported.
    private final class House: Sendable {
        static let start = Instant(microseconds: 1_800_000_000_000_000)

        let folder: TemporaryFolder
        let journal: SQLiteJournal
        let clock = Lock(House.start)
        let uptimeMs = Lock<Int64>(0)
        let reports = Lock<[Report]>([])
        let sleeps = Lock<[Int64]>([])

        init() throws {
            folder = try TemporaryFolder()
            journal = try SQLiteJournal.open(at: folder.path("mogate.db"), now: { [clock] in clock.withLock { $0 } })
        }

        func append(_ numbers: ClosedRange<Int>, body: Int = 10) async throws {
            for number in numbers {
                let event = FrozenEvent(
                    id: EventID(high: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(number)),
                    label: Label(type: "t", provider: "p", channel: "c", source: "s"), subject: nil, bytes: [1])
                _ = try await journal.append(
                    Receipt(
                        requestId: event.id, receivedAt: clock.withLock { $0 }, source: "s", provider: "p",
                        headers: HeaderBlock([]),
                        body: [UInt8](repeating: 1, count: body), bodyDigest: event.id.bytes, events: [event],
                        faults: [], authenticity: Authenticity(method: .none, key: nil)))
            }
        }

        /// - Parameters:
        ///   - sleepsMax: after so many sleeps the task is cancelled.
        ///   - meanwhile: what happens during each sleep.
        func keep(
            _ settings: Settings.Journal, sinks: [String]?, sleepsMax: Int,
            meanwhile: @escaping @Sendable (Int) async throws -> Void = { _ in }
        ) async {
            let time = Time(
                now: { [clock] in clock.withLock { $0 } }, uptimeMs: { [uptimeMs] in uptimeMs.withLock { $0 } },
                sleep: { [clock, uptimeMs, sleeps] milliseconds in
                    clock.withLock { $0 = $0.advanced(byMilliseconds: milliseconds) }
                    uptimeMs.withLock { $0 += milliseconds }
                    let count = sleeps.withLock { sleeps in
                        sleeps.append(milliseconds)
                        return sleeps.count
                    }
                    try await meanwhile(count)
                    if count == sleepsMax { withUnsafeCurrentTask { $0?.cancel() } }
                }, chance: { 0 })
            let housekeeping = Housekeeping(
                journal: journal, settings: settings, sinks: { sinks }, time: time,
                report: { [reports] report in reports.withLock { $0.append(report) } })
            await Task { await housekeeping.run() }.value
        }

        /// How many events each report says were pruned; what else was reported is named.
        var told: [String] {
            reports.withLock { reports in
                reports.map { report in
                    switch report {
                    case .pruned(let pruned): "pruned \(pruned.events)"
                    case .journalFull: "full"
                    case .journalHasRoom: "room"
                    case .pruningFailed(let error): "failed: \(error)"
                    default: "something else"
                    }
                }
            }
        }

        func count() async throws -> Int {
            try await journal.read(after: 0, limit: 1_000, matching: EntryFilter()).entries.count
        }
    }

    @Test func prunesOnceAMinuteWhatHasBecomeOld() async throws {
        let house = try House()
        try await house.append(1...5)
        try await house.journal.record(Steps(cursor: 5), for: "crm")
        let settings = Settings.Journal(path: "", retainMs: 120_000)
        await house.keep(settings, sinks: ["crm"], sleepsMax: 4) { count in
            guard count == 1 else { return }
            try await house.append(6...8)
            try await house.journal.record(Steps(cursor: 8), for: "crm")
        }
        // Five were more than two minutes old at the fourth look, three were not; a look that finds nothing is not told.
        #expect(house.told == ["pruned 5"])
        #expect(house.sleeps.withLock { $0 } == [60_000, 60_000, 60_000, 60_000])
        #expect(try await house.count() == 3)
        #expect(house.journal.figures.checkpoints >= 4)
        await house.journal.close()
    }

    @Test func aClockThatLeapsAheadMakesNothingOldThatIsNot() async throws {
        let house = try House()
        try await house.append(1...5)
        try await house.journal.record(Steps(cursor: 5), for: "crm")
        let settings = Settings.Journal(path: "", retainMs: 600_000)
        await house.keep(settings, sinks: ["crm"], sleepsMax: 4) { count in
            let days: Int64 = count == 1 ? 400 : count == 3 ? -400 : 0
            house.clock.withLock { $0 = $0.advanced(byMilliseconds: days * 86_400_000) }
        }
        #expect(house.told.isEmpty)
        #expect(try await house.count() == 5)
        // It goes on from there, and what has become old goes.
        await house.keep(settings, sinks: ["crm"], sleepsMax: 13)
        #expect(house.told == ["pruned 5"])
        await house.journal.close()
    }

    @Test func timeThatWasSetRightIsCaughtUpWith() {
        var clock = PrudentClock()
        let start = House.start
        #expect(clock.now(wall: start, uptimeMs: 0) == start)
        func at(_ milliseconds: Int64) -> Instant { start.advanced(byMilliseconds: milliseconds) }
        #expect(clock.now(wall: at(500_000), uptimeMs: 100_000) == at(200_000))
        #expect(clock.now(wall: at(600_000), uptimeMs: 200_000) == at(400_000))
        #expect(clock.now(wall: at(800_000), uptimeMs: 400_000) == at(800_000))
        // Backwards it goes at once.
        #expect(clock.now(wall: at(100_000), uptimeMs: 500_000) == at(100_000))
    }

    @Test func looksAgainSoonWhileTheJournalIsFull() async throws {
        let house = try House()
        try await house.append(1...40, body: 50_000)
        let settings = Settings.Journal(path: "", bytesMax: 1_000_000, whenFull: .dropDelivered)
        await house.keep(settings, sinks: ["crm"], sleepsMax: 4) { count in
            guard count == 2 else { return }
            #expect(house.journal.figures.isFull)
            try await house.journal.record(Steps(cursor: 40), for: "crm")
        }
        #expect(house.sleeps.withLock { $0 } == [5_000, 5_000, 60_000, 60_000])
        let told = house.told
        #expect(told.count == 3 && told.first == "full" && told.last == "room")
        #expect(!house.journal.figures.isFull)
        try await house.append(41...41)
        await house.journal.close()
    }

    @Test func deletesNothingWhereNobodyKnowsTheSinks() async throws {
        let house = try House()
        try await house.append(1...5)
        house.clock.withLock { $0 = $0.advanced(byMilliseconds: 600_000) }
        await house.keep(Settings.Journal(path: "", retainMs: 60_000), sinks: nil, sleepsMax: 2)
        #expect(house.told.isEmpty)
        #expect(try await house.count() == 5)
        await house.journal.close()
    }

    @Test func saysThatItCouldNot() async throws {
        let house = try House()
        await house.journal.close()
        await house.keep(Settings.Journal(path: "", retainMs: 60_000), sinks: [], sleepsMax: 1)
        #expect(house.told == ["failed: closed"])
    }

    @Test func isConfiguredInTheFile() throws {
        func read(_ journal: String) throws -> Settings.Journal {
            let text = """
                listen: [{address: "127.0.0.1:0"}]
                journal: {path: a.db\(journal)}
                sources: [{name: lab, provider: telesign, auth: none}]
                sinks: [{name: archive, kind: file, path: out.ndjson}]
                """
            return try SettingsFile(environment: [:], secrets: SecretStore(environment: [:])).read(text).journal
        }
        #expect(try read("") == Settings.Journal(path: "a.db"))
        let both = try read(", retain: 30d, maxBytes: 20GiB")
        #expect(both.retainMs == 30 * 86_400_000 && both.bytesMax == 20 << 30)
        #expect(both.retainRawMs == nil && both.whenFull == .refuse)
        let apart = try read(", retain: {events: 30d, raw: 7d}, whenFull: dropDelivered")
        #expect(apart.retainMs == 30 * 86_400_000 && apart.retainRawMs == 7 * 86_400_000)
        #expect(apart.whenFull == .dropDelivered)
        #expect(try read(", retain: {raw: 7d}").retainMs == nil)
        #expect(throws: SettingsFaults.self) { try read(", retain: {events: 7d, raw: 30d}") }
        #expect(throws: SettingsFaults.self) { try read(", whenFull: explode") }
        #expect(throws: SettingsFaults.self) { try read(", retain: 30") }
        #expect(throws: SettingsFaults.self) { try read(", maxBytes: 1MiB") }
    }
}
