import FolderKit
import Testing

@testable import Journal

/// Goal: what is bound is what is stored, however long it is, and though what it was made of is gone when it is stored.
struct StatementTests {
    private func table(in folder: Folder) throws -> Database {
        try JournalFile.prepare(folder.journalPath, isExpected: false)
        let database = try Database(path: folder.journalPath, access: .writing)
        try database.execute("CREATE TABLE things(text TEXT, bytes BLOB, more BLOB)")
        return database
    }

    /// What is stored; nil stands for nothing, which is not the same as no bytes.
    private typealias Row = (text: String?, bytes: [UInt8]?, more: [UInt8]?)

    private func rows(of database: Database) throws -> [Row] {
        let read = try database.prepare("SELECT text, bytes, more FROM things ORDER BY rowid")
        var rows: [Row] = []
        while try read.row() {
            rows.append((read.text(0), read.isNull(1) ? nil : read.bytes(1), read.isNull(2) ? nil : read.bytes(2)))
        }
        return rows
    }

    /// Around what a drawer holds, which is 64 bytes.
    @Test(arguments: [0, 1, 15, 16, 32, 33, 63, 64, 65, 300, 5_000])
    func storesWhatIsBoundWhateverItsLength(_ count: Int) throws {
        let folder = try Folder()
        let database = try table(in: folder)
        let insert = try database.prepare("INSERT INTO things VALUES (?1, ?2, ?3)")
        for letter in ["a", "é"] {
            var bytes = [UInt8](repeating: 7, count: count)
            try insert.bind(String(repeating: letter, count: count), at: 1)
            try insert.bind(bytes, at: 2)
            // What it was bound from says something else by the time it is stored.
            for index in bytes.indices { bytes[index] = 0 }
            try insert.run(lending: [UInt8](repeating: 9, count: count), at: 3)
            #expect(bytes.allSatisfy { $0 == 0 })
        }
        let rows = try rows(of: database)
        #expect(rows.map(\.text) == ["a", "é"].map { String(repeating: $0, count: count) })
        for row in rows {
            #expect(row.bytes == [UInt8](repeating: 7, count: count))
            #expect(row.more == [UInt8](repeating: 9, count: count))
        }
    }

    @Test func whatWasBoundIsReplacedByWhatIsBoundNext() throws {
        let folder = try Folder()
        let database = try table(in: folder)
        let insert = try database.prepare("INSERT INTO things VALUES (?1, ?2, ?3)")
        let digest = RowDigest(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718)
        for text in ["short", String(repeating: "long ", count: 40), "tiny"] {
            try insert.bind(text, at: 1)
            try insert.bind(digest, at: 2)
            try insert.bind(nil as [UInt8]?, at: 3)
            try insert.run()
        }
        // What was bound stays bound.
        try insert.run()
        let rows = try rows(of: database)
        #expect(rows.map(\.text) == ["short", String(repeating: "long ", count: 40), "tiny", "tiny"])
        for row in rows {
            #expect(row.bytes == [1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24])
            #expect(row.more == nil)
        }
    }

    @Test func aPlaceThatTheStatementDoesNotHaveIsAnError() throws {
        let folder = try Folder()
        let database = try table(in: folder)
        let insert = try database.prepare("INSERT INTO things(text) VALUES (?1)")
        // A statement cannot be held by a closure.
        var refused: [Int32] = []
        for place: Int32 in [0, 2, -1, .max] {
            do {
                try insert.bind("text", at: place)
            } catch {
                refused.append(place)
            }
            do {
                try insert.bind([1, 2, 3], at: place)
            } catch {
                refused.append(place)
            }
        }
        #expect(refused == [0, 0, 2, 2, -1, -1, .max, .max])
        try insert.bind("as before", at: 1)
        try insert.run()
        #expect(try rows(of: database).map(\.text) == ["as before"])
    }

    @Test func aPlaceHoldsNothingAndSomethingByTurns() throws {
        let folder = try Folder()
        let database = try table(in: folder)
        let insert = try database.prepare("INSERT INTO things(text, bytes) VALUES (?1, ?2)")
        for (text, bytes) in [("a", [1]), (nil, nil), ("", []), (nil, nil), ("b", [2])] as [(String?, [UInt8]?)] {
            try insert.bind(text, at: 1)
            try insert.bind(bytes, at: 2)
            try insert.run()
        }
        let rows = try rows(of: database)
        #expect(rows.map(\.text) == ["a", nil, "", nil, "b"])
        #expect(rows.map(\.bytes) == [[1], nil, [], nil, [2]])
    }
}
