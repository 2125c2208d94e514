import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: the log is copied into the file while commits go on, begins anew for all that, and nothing of it is lost or
/// changed without notice.
struct LogKeeperTests {
    private let folder: Folder
    private let database: Database
    private let writer: Writer
    private let copier: LogCopier
    private static let goalBytes = 256 << 10

    init() throws {
        folder = try Folder()
        try JournalFile.prepare(folder.journalPath, isExpected: false)
        database = try Self.connection(folder)
        writer = try Writer(database)
        copier = LogCopier(try Self.connection(folder))
    }

    private static func connection(_ folder: Folder) throws(JournalError) -> Database {
        let database = try Database(path: folder.journalPath, access: .writing)
        try database.makeDurable(logBytesMax: 8 << 20)
        return database
    }

    private func keeper(maxBytes: Int = 8 << 20) -> LogKeeper {
        LogKeeper(copier, goalBytes: Self.goalBytes, maxBytes: maxBytes, patienceMs: 0)
    }

    private func write(_ number: Int, bodyBytes: Int = 0) throws {
        _ = try writer.write([Receipt.sample(number, body: [UInt8](repeating: 7, count: bodyBytes))], [])
    }

    /// Has a copying begin of a log that has just grown to its goal, and tells the number of the newest event.
    private func begin(_ keeper: inout LogKeeper, after newest: Int = 0) throws -> Int {
        var newest = newest
        repeat {
            newest += 1
            try write(newest, bodyBytes: 20_000)
            #expect(try !keeper.tidy(database))
        } while database.logPages < Self.goalBytes / LogKeeper.pageBytes
        return newest
    }

    private func copyingEnds() {
        while copier.isCopying { sched_yield() }
    }

    /// What is in the file without its log.
    private func eventsInTheFile() throws -> Int64 {
        let copy = try Folder()
        try Folder.run("cp", folder.journalPath, copy.journalPath)
        return Stranger(copy.journalPath).number("SELECT count(*) FROM events")
    }

    @Test func copiesWhileTheWriterIsInTheMiddleOfACommit() throws {
        try write(1)
        #expect(try eventsInTheFile() == 0)
        try writer.transaction { () throws(JournalError) in
            try database.execute("DELETE FROM events")
            copier.begin()
            try copier.finish()
        }
        #expect(try eventsInTheFile() == 1)
        #expect(try database.number("SELECT count(*) FROM events") == 0)
        copier.close()
    }

    /// Has a copying begin and end that left a part of the log: somebody read, and is done.
    private func copyInPart(_ keeper: inout LogKeeper) throws -> Int {
        try write(1)
        let reader = Stranger.reading(folder)
        let newest = try begin(&keeper, after: 1)
        copyingEnds()
        reader.run("COMMIT")
        return newest
    }

    @Test func aLogBeginsAnewOnceWhatCameMeanwhileIsCopiedToo() throws {
        var keeper = keeper()
        let newest = try copyInPart(&keeper) + 1
        let before = database.logPages
        try write(newest)
        let longest = database.logPages
        #expect(longest > before)
        #expect(try keeper.tidy(database))
        #expect(try eventsInTheFile() == Int64(newest))
        try write(newest + 1)
        #expect(database.logPages < longest)
        copier.close()
    }

    @Test func whereMuchCameMeanwhileItIsCopiedInTheSameWay() throws {
        var keeper = keeper()
        let newest = try copyInPart(&keeper) + 1
        try write(newest, bodyBytes: Self.goalBytes)
        #expect(try !keeper.tidy(database))
        copyingEnds()
        #expect(try eventsInTheFile() == Int64(newest))
        #expect(try keeper.tidy(database))
        copier.close()
    }

    @Test func oneThatBeganAnewByItselfIsCopiedFromItsBeginning() throws {
        var keeper = keeper()
        let events = try begin(&keeper)
        copyingEnds()
        // All of it is copied, so this commit is the first of a new log.
        let longest = database.logPages
        try write(events + 1)
        try #require(database.logPages < longest)
        #expect(try !keeper.tidy(database))
        let newest = try begin(&keeper, after: events + 1)
        copyingEnds()
        #expect(try eventsInTheFile() == Int64(newest))
        copier.close()
    }

    @Test func aLogAtItsBoundIsCutWhateverIsUnderWay() throws {
        var keeper = keeper(maxBytes: 4 * Self.goalBytes)
        let events = try begin(&keeper)
        try write(events + 1, bodyBytes: 4 * Self.goalBytes)
        #expect(try keeper.tidy(database))
        #expect(!copier.isCopying)
        #expect(JournalRoom(ofJournal: folder.journalPath).logBytes == 0)
        #expect(try eventsInTheFile() == Int64(events) + 1)
        copier.close()
    }

    /// Changes a byte of a body in the log: in its last page, which is written only once.
    private func damageLog(of folder: Folder) throws {
        let log = logPath(of: folder)
        var bytes = try Data(contentsOf: log)
        let body = try #require(bytes.range(of: Data(repeating: 7, count: 1_001), options: .backwards))
        bytes[body.lowerBound + 1_000] = 8
        let handle = try FileHandle(forWritingTo: log)
        try handle.write(contentsOf: bytes)
        try handle.close()
    }

    @Test func aChangedByteOfTheLogIsToldToTheWriterOnce() throws {
        try write(1, bodyBytes: 20_000)
        try damageLog(of: folder)
        copier.begin()
        #expect(throws: JournalError.self) { try copier.finish() }
        #expect(throws: Never.self) { try copier.finish() }
        copier.close()
    }

    /// What lies where the system said that it had written a commit, and had not.
    enum Instead: CaseIterable {
        case zeros, theLogBefore
    }

    @Test(arguments: Instead.allCases) func aCommitThatTheSystemLostIsNotCopied(_ instead: Instead) throws {
        for number in 1...6 { try write(number, bodyBytes: 20_000) }
        let logBefore = try Data(contentsOf: logPath(of: folder))
        let longest = database.logPages
        copier.begin()
        try copier.finish()
        try write(7, bodyBytes: 20_000)
        let start = database.logPages
        try #require(start < longest)
        try write(8, bodyBytes: 20_000)
        let lost = Self.frames(start..<database.logPages)
        // Its first frame and the one behind its last are of a page that is newer here, and are not looked at.
        for number in 9...10 { try write(number, bodyBytes: 20_000) }
        try lose(lost, leaving: instead == .zeros ? Data(count: lost.count) : logBefore[lost])
        copier.begin()
        #expect(throws: JournalError.self) { try copier.finish() }
        copier.close()
    }

    @Test func anUpdateThatTheSystemLostIsNotTakenFromTheLogBefore() throws {
        try database.execute("CREATE TABLE one(n); CREATE TABLE other(n); INSERT INTO one VALUES (0)")
        try database.execute("INSERT INTO other VALUES (0)")
        copier.begin()
        try copier.finish()
        // Two logs with the same pages in the same places.
        func writeLog() throws {
            try database.execute("UPDATE one SET n = n + 1")
            try #require(database.logPages == 1)
            try database.execute("BEGIN; UPDATE one SET n = n + 1; UPDATE other SET n = n + 1; COMMIT")
            for _ in 1...2 { try database.execute("UPDATE one SET n = n + 1") }
            try #require(database.logPages == 5)
        }
        try writeLog()
        let logBefore = try Data(contentsOf: logPath(of: folder))
        copier.begin()
        try copier.finish()
        try writeLog()
        let lost = Self.frames(1..<3)
        try lose(lost, leaving: logBefore[lost])
        copier.begin()
        #expect(throws: JournalError.self) { try copier.finish() }
        copier.close()
    }

    private func logPath(of folder: Folder) -> URL { URL(fileURLWithPath: folder.journalPath + "-wal") }

    /// Where frames lie in the log, counted from 0.
    private static func frames(_ numbers: Range<Int>) -> Range<Int> {
        32 + numbers.lowerBound * LogKeeper.pageBytes..<32 + numbers.upperBound * LogKeeper.pageBytes
    }

    private func lose(_ lost: Range<Int>, leaving instead: Data) throws {
        let log = try FileHandle(forUpdating: logPath(of: folder))
        try log.seek(toOffset: UInt64(lost.lowerBound))
        try log.write(contentsOf: instead)
        try log.close()
    }

    @Test func aKeeperPassesOnWhatACopyingFailedOfAndGoesOn() throws {
        try write(100, bodyBytes: 20_000)
        try damageLog(of: folder)
        var keeper = keeper()
        let events = try begin(&keeper)
        copyingEnds()
        #expect(throws: JournalError.self) { try keeper.tidy(database) }
        // It is asked again when the log has grown by as much.
        #expect(try !keeper.tidy(database))
        try write(events + 1, bodyBytes: Self.goalBytes)
        #expect(try !keeper.tidy(database))
        #expect(throws: JournalError.self) { try copier.finish() }
        copier.close()
    }

    @Test func aJournalWhoseLogWasChangedIsNotTrusted() async throws {
        let folder = try Folder()
        let journal = try SQLiteJournal.open(folder, .with { $0.logBytesGoal = Self.goalBytes })
        _ = try await journal.append(.sample(1, body: [UInt8](repeating: 7, count: 20_000)))
        try damageLog(of: folder)
        await #expect(throws: JournalError.self) {
            for number in 2...1_000 {
                _ = try await journal.append(.sample(number, body: [UInt8](repeating: 7, count: 20_000)))
            }
        }
        #expect(journal.failure != nil)
        await journal.close()
    }
}
