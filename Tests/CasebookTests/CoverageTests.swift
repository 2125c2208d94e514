import FolderKit
import Foundation
import Model
import Testing

@testable import Casebook

/// Goal: what is said of the cases is so: in the table of Fixtures/README.md, and by the published schema of the event.
struct CoverageTests {
    @Test func everyCaseIsRead() throws {
        #expect(try Case.all(in: Recorded.folder).count > 400)
    }

    @Test(arguments: Recorded.all)
    func everyCaseSaysWhatItCovers(_ fixture: Case) {
        #expect(fixture.covers?.isEmpty == false)
    }

    @Test func theTableIsMadeOfTheCases() throws {
        let readme = try String(contentsOf: Repository.root.appending(path: "Fixtures/README.md"), encoding: .utf8)
        let parts = readme.split(separator: "<!-- vendor table -->\n", omittingEmptySubsequences: false)
        try #require(parts.count == 2, "Fixtures/README.md lacks its marker")
        let end = try #require(
            parts[1].firstRange(of: "<!-- end of vendor table -->"), "Fixtures/README.md lacks its end marker")
        let isSame = parts[1][..<end.lowerBound] == CaseTable(Recorded.all).markdown
        #expect(isSame, "put what `mogate fixtures table Fixtures` prints between the markers in Fixtures/README.md")
    }

    @Test func theTableCountsEveryCaseOnce() {
        let rows = CaseTable(Recorded.all).markdown.split(separator: "\n").dropFirst(2)
        let counts = rows.flatMap { $0.split(separator: "|").suffix(4).compactMap { Int($0.filter(\.isNumber)) } }
        #expect(rows.count > 30 && counts.reduce(0, +) == Recorded.all.count)
    }

    // MARK: The schema

    @Test func everyEventOfEveryCaseIsAsTheSchemaSays() throws {
        let events = Recorded.all.flatMap { $0.outcome().events }
        let result = try validate(events.enumerated().map { Self.json($0.element, Int64($0.offset + 1)) })
        #expect(result.output.hasSuffix("\(events.count) events, 0 faults\n"), "\(result.output)")
        #expect(result.status == 0 && events.count > 300)
    }

    /// That the schema refuses anything at all.
    @Test(arguments: [
        (#""type":"mogate.message.received""#, #""type":"mogate.message.recieved""#),
        (#""direction":"inbound""#, #""direction":7"#),
        (#""specversion":"1.0""#, #""specversion":"0.3""#),
        (#""content":["#, #""contents":["#),
    ])
    func anEventThatIsWrongIsFound(_ right: String, _ wrong: String) throws {
        let event = try #require(try Recorded.named("telesign/rcs-choice").outcome().events.first)
        let json = String(decoding: Self.json(event, 1), as: UTF8.self)
        try #require(json.contains(right))
        let result = try validate([Array(json.replacing(right, with: wrong).utf8)])
        #expect(result.status == 1 && !result.output.hasSuffix(" 0 faults\n"))
    }

    private static func json(_ event: Event, _ sequence: Int64) -> [UInt8] {
        Entry(sequence: sequence, event: FrozenEvent(event), receivedAt: event.receivedAt).json
    }

    private func validate(_ events: [[UInt8]]) throws -> (status: Int32, output: String) {
        let folder = try TemporaryFolder()
        try folder.write(String(decoding: EventSchema.json, as: UTF8.self), to: "schema.json")
        let script = Repository.root.appending(path: "Tests/Tools/validate-events.py").path
        return try Python.run([script, folder.path + "/schema.json"], input: Array(events.joined(separator: [0x0A])))
    }
}
