import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: whatever is changed, missing or too much in a journal is seen, and what is as it was written is not complained of.
struct VerificationTests {
    /// Thirty requests in as many commits, and one more with two events and a fault.
    private func filled(_ folder: Folder) async throws {
        let journal = try SQLiteJournal.open(folder)
        for number in 1...30 { _ = try await journal.append(.sample(number)) }
        _ = try await journal.append(
            .sample(31, events: [.sample(31), .sample(32)], faults: [Fault(path: "$", reason: "new")]))
        await journal.close()
    }

    private func verify(_ folder: Folder) throws -> Verification {
        try JournalAudit.verify(path: folder.journalPath)
    }

    @Test func findsNothingWhereNothingIsWrong() async throws {
        let folder = try Folder()
        try await filled(folder)
        let verification = try verify(folder)
        #expect(verification.isSound && verification.remarks.isEmpty)
        #expect(verification.events == 32 && verification.newestEvent == 32)
        #expect(verification.requests == 31 && verification.commits == 31 && verification.newestCommit == 31)
        #expect(verification.rowsWithoutDigest == 0)
    }

    @Test func anEmptyJournalIsSoundAndItsFirstCommitIsLookedAt() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        #expect(try verify(folder).isSound)
        _ = try await journal.append(.sample(1))
        await journal.close()
        Stranger(folder.journalPath).run("UPDATE commits SET at_us = 7 WHERE number = 1")
        #expect(try verify(folder).flaws == [.chain(1)])
    }

    @Test func looksBesideTheOneThatWrites() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        for number in 1...5 { _ = try await journal.append(.sample(number)) }
        #expect(try verify(folder).isSound)
        _ = try await journal.append(.sample(6))
        #expect(try verify(folder).events == 6)
        await journal.close()
    }

    /// Each is done behind the journal's back, and is to be found as this.
    private static let changes: [(sql: String, flaw: Verification.Flaw)] = [
        ("UPDATE events SET body = x'00' WHERE sequence = 7", .event(7)),
        ("UPDATE events SET subject = NULL WHERE sequence = 7", .event(7)),
        ("UPDATE events SET subject = '' WHERE sequence = 7", .event(7)),
        ("UPDATE events SET received_us = received_us + 1 WHERE sequence = 7", .event(7)),
        ("UPDATE events SET id = zeroblob(16) WHERE sequence = 7", .event(7)),
        ("UPDATE events SET label = 99 WHERE sequence = 7", .event(7)),
        ("UPDATE labels SET channel = 'mms'", .event(1)),
        ("UPDATE events SET digest = zeroblob(16) WHERE sequence = 7", .event(7)),
        ("UPDATE events SET digest = x'00' WHERE sequence = 7", .event(7)),
        ("UPDATE requests SET body = x'' WHERE id = 8", .request(8)),
        ("UPDATE requests SET headers = x'' WHERE id = 8", .request(8)),
        ("UPDATE requests SET event_count = -1 WHERE id = 8", .request(8)),
        ("UPDATE requests SET method = 'none' WHERE id = 8", .request(8)),
        ("UPDATE requests SET source = 99 WHERE id = 8", .request(8)),
        ("UPDATE sources SET provider = 'other'", .request(1)),
        ("UPDATE commits SET rows = zeroblob(16) WHERE number = 9", .chain(9)),
        ("UPDATE commits SET chain = zeroblob(32) WHERE number = 9", .chain(9)),
        ("UPDATE commits SET at_us = at_us - 1 WHERE number = 9", .chain(9)),
        ("DELETE FROM commits WHERE number = 9", .chain(10)),
        ("DROP TRIGGER events_removed; DELETE FROM events WHERE sequence = 7", .missing(events: 1, requests: 0)),
        ("DROP TRIGGER requests_removed; DELETE FROM requests WHERE id = 7", .missing(events: 0, requests: 1)),
    ]

    @Test(arguments: changes.indices)
    func findsWhatWasChanged(_ index: Int) async throws {
        let folder = try Folder()
        try await filled(folder)
        let (sql, flaw) = Self.changes[index]
        try #require(Stranger(folder.journalPath).run(sql) == 0)
        let verification = try verify(folder)
        #expect(verification.flaws.first == flaw, "\(sql)")
    }

    @Test func rowsThatChangePlacesAreFound() async throws {
        let folder = try Folder()
        try await filled(folder)
        Stranger(folder.journalPath).run(
            "UPDATE events SET sequence = -1 WHERE sequence = 3; UPDATE events SET sequence = 3 WHERE sequence = 4; "
                + "UPDATE events SET sequence = 4 WHERE sequence = -1")
        #expect(try verify(folder).flaws.prefix(2) == [.event(3), .commit(3)])
    }

    @Test func whatWasPrunedIsNotMissed() async throws {
        let folder = try Folder()
        try await filled(folder)
        let journal = try SQLiteJournal.open(folder)
        let pruned = try await journal.prune(
            Retention(before: .start.advanced(byMilliseconds: 20), sinks: []))
        #expect(pruned.events == 19)
        _ = try await journal.append(.sample(40))
        let verification = try verify(folder)
        #expect(verification.isSound)
        #expect(verification.events == 14 && verification.requests == 13)
        // Commits go with their rows, and the rest of the chain still holds.
        #expect(verification.commits == 13 && verification.newestCommit == 32)
        await journal.close()
    }

    @Test func theLastCommitIsKeptWhateverGoes() async throws {
        let folder = try Folder()
        try await filled(folder)
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.prune(Retention(before: Instant(microseconds: .max), sinks: []))
        #expect(try verify(folder).newestCommit == 31)
        await journal.close()
        let again = try SQLiteJournal.open(folder)
        _ = try await again.append(.sample(50))
        let verification = try verify(folder)
        #expect(verification.isSound && verification.newestCommit == 32 && verification.newestEvent == 33)
        await again.close()
    }
}
