import FolderKit
import Foundation
import Testing

/// Goal: the measurements do the work that they measure, and leave nothing behind.
///
/// Method: the real binary, for as few events as it takes. What the figures are is not for a test.
struct BenchTests {
    private struct Said: Decodable {
        struct Part: Decodable {
            let name: String
            let processor: [String: Double]
            let wall: [String: Double]
        }
        let rounds: Int
        let parts: [Part]
    }

    private static func said(_ arguments: String..., in folder: TemporaryFolder) throws -> Said {
        let fixtures = Repository.root.appending(path: "Fixtures").path
        let command = try MogateCommand(
            ["bench"] + arguments + [
                "--rounds", "2", "--json", "--folder", folder.url.path, "--fixtures", fixtures,
            ])
        try #require(command.status == 0, "\(command.complaints)")
        return try JSONDecoder().decode(Said.self, from: Data(command.output.utf8))
    }

    @Test func theJournalIsMeasuredByHowManyShareACommit() throws {
        let folder = try TemporaryFolder()
        let said = try Self.said("journal", "--requests", "8", "--at-once", "1", "--at-once", "4", in: folder)
        #expect(said.rounds == 2)
        #expect(said.parts.map(\.name) == ["1 at once", "4 at once"])
        #expect(said.parts.allSatisfy { ($0.wall["medianMicroseconds"] ?? 0) > 0 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    @Test func sinksAreMeasuredByHowManyEventsGoTogether() throws {
        let folder = try TemporaryFolder()
        let said = try Self.said("sink", "--events", "20", in: folder)
        #expect(said.parts.count == 6)
        #expect(said.parts.allSatisfy { ($0.wall["medianMicroseconds"] ?? 0) > 0 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    @Test func whatCannotBeMeasuredIsSaid() throws {
        let command = try MogateCommand(["bench", "journal", "--fixtures", "/nowhere"])
        #expect(command.status == 66)
        #expect(command.output.isEmpty)
    }
}
