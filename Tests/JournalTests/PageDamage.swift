import CPages
import Foundation
import Testing

@testable import Journal

/// What a disk does to the pages of a journal that is closed, or whose log was copied into it.
enum PageDamage {
    /// The pages of a table, but for those that lead to others.
    static func pages(of table: JournalTable, in path: String) throws -> [Int64] {
        let root = Stranger(path).number("SELECT rootpage FROM sqlite_schema WHERE name = '\(table.rawValue)'")
        let file = try PageFile(path)
        return try (3...file.pageCount).filter { page in
            try file.root(of: page) == root && file.first(.inner(under: page)) == nil
        }
    }

    static func flip(bit: Int, ofPage page: Int64, in path: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        let offset = UInt64(page - 1) * UInt64(PAGES_BYTES) + UInt64(bit / 8)
        try handle.seek(toOffset: offset)
        var byte = try #require(try handle.read(upToCount: 1))
        byte[byte.startIndex] ^= 1 << UInt8(bit % 8)
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: byte)
    }

    /// Flips a bit where these bytes lie in a page of a table.
    static func flip(in bytes: [UInt8], of table: JournalTable, in path: String) throws {
        let file = try PageFile(path)
        for page in try pages(of: table, in: path) {
            guard let place = Data(try file.read(page)).range(of: Data(bytes)) else { continue }
            return try flip(bit: 8 * place.lowerBound, ofPage: page, in: path)
        }
        Issue.record("no page of \(table) has it")
    }
}
