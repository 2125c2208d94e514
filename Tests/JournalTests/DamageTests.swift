import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: an event that is not as it was written is never handed to a sink, and keeps no other one from it.
struct DamageTests {
    private func filled(_ folder: Folder, events: Int = 300) async throws {
        let journal = try SQLiteJournal.open(folder)
        for first in stride(from: 1, through: events, by: 100) {
            _ = try await journal.append(.sample(first, events: (first..<first + 100).map { .sample($0) }))
        }
        await journal.close()
    }

    /// All that can be read, and the numbers of what cannot.
    private func readAll(
        _ journal: SQLiteJournal, matching filter: EntryFilter = EntryFilter()
    ) async throws -> (sound: [Int64], damaged: [Int64]) {
        var sound: [Int64] = []
        var damaged: [Int64] = []
        var through: Int64 = 0
        while through < journal.figures.newest {
            let batch = try await journal.read(after: through, limit: 64, matching: filter)
            try #require(batch.through > through)
            #expect(batch.entries.allSatisfy { $0.event == .sample(Int($0.sequence)) })
            sound += batch.entries.map(\.sequence)
            damaged += batch.damaged
            through = batch.through
        }
        return (sound, damaged)
    }

    @Test(arguments: ["body = x'00'", "subject = 'other'", "label = 99", "digest = x'00'"])
    func aChangedRowIsPassedOver(_ change: String) async throws {
        let folder = try Folder()
        try await filled(folder)
        try #require(Stranger(folder.journalPath).run("UPDATE events SET \(change) WHERE sequence IN (7, 300)") == 0)
        let journal = try SQLiteJournal.open(folder)
        for filter in [EntryFilter(), EntryFilter(providers: ["telesign"])] {
            let (sound, damaged) = try await readAll(journal, matching: filter)
            #expect(damaged == [7, 300])
            #expect(sound == (1...300).filter { $0 != 7 && $0 != 300 })
        }
        #expect(journal.failure == nil)
        await journal.close()
    }

    @Test func noRetryBringsItOutEither() async throws {
        let folder = try Folder()
        try await filled(folder)
        let first = try SQLiteJournal.open(folder)
        let postponed = [6, 7, 8].map { (sequence: Int64) in
            Steps.Postponed(sequence: sequence, attempts: 1, firstTriedAt: .start, dueAt: .start, reason: "slow")
        }
        try await first.record(Steps(cursor: 300, postponed: postponed), for: "crm")
        await first.close()
        Stranger(folder.journalPath).run("UPDATE events SET body = x'00' WHERE sequence = 7")
        let journal = try SQLiteJournal.open(folder)
        let retries = try await journal.retries(of: "crm", after: 0, limit: 9)
        #expect(retries.map(\.entry.sequence) == [6, 7, 8] && retries.map(\.isSound) == [true, false, true])
        #expect(retries[1].entry.event.bytes.isEmpty)
        await journal.close()
    }
}
