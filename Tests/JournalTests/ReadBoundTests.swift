import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: no question asked within the process keeps the log from beginning anew for longer than its time.
struct ReadBoundTests {
    private static let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"

    private func reader(_ folder: Folder) throws -> Reader<Database> {
        let database = try Database.forReading(folder.journalPath, valueBytesMax: 1 << 20, cacheBytes: 1 << 20)
        return try Reader(database, thread: "endless", longest: .milliseconds(50)) { $0 }
    }

    @Test func aQuestionThatDoesNotEndIsEnded() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        _ = try await journal.append(.sample(1))
        let reader = try reader(folder)
        await #expect(throws: JournalError.busy) {
            try await reader.ask { (database) throws(JournalError) in try database.number(Self.endless) }
        }
        let count = try await reader.ask { (database) throws(JournalError) in
            try database.number("SELECT count(*) FROM events")
        }
        #expect(count == 1)
        await reader.close()
        await journal.close()
    }

    @Test func aDeskThatCannotBeMadeLeavesNoThread() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder)
        #expect(throws: JournalError.busy) {
            let database = try Database.forReading(folder.journalPath, valueBytesMax: 1 << 20, cacheBytes: 1 << 20)
            _ = try Reader(database, thread: "left-over") { (_) throws(JournalError) -> Int in throw .busy }
        }
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        let names = threads.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
        #expect(!names.isEmpty && !names.contains("left-over\n"))
        await journal.close()
    }

    @Test func theLogBeginsAnewBehindAReaderThatWasEnded() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(
            folder,
            .with {
                $0.logBytesGoal = 64 << 10
                $0.logBytesMax = 512 << 10
            })
        _ = try await journal.append(.sample(0))
        let reader = try reader(folder)
        // One state of the file, which is in the log, and then no end.
        let question = Task {
            try await reader.ask { (database) throws(JournalError) in
                try database.reading { () throws(JournalError) in
                    let newest = try database.number("SELECT max(sequence) FROM events")
                    return try newest + database.number(Self.endless)
                }
            }
        }
        await #expect(throws: JournalError.busy) { try await question.value }
        for number in 1...100 {
            _ = try await journal.append(.sample(number, body: [UInt8](repeating: 7, count: 20_000)))
        }
        #expect(!journal.figures.isLogHeld)
        #expect(journal.figures.logBytes < 512 << 10)
        await reader.close()
        await journal.close()
    }
}
