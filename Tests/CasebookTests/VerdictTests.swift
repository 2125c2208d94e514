import FolderKit
import Foundation
import FoundationXML
import Testing

@testable import Casebook

/// Goal: a folder of cases runs like a suite of tests: what passed, what failed and where, and nothing stops at the first.
struct VerdictTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.copy("telesign/rcs-choice", "telesign/rcs-text", "mobile-text-alerts/v3-message-reply")
    }

    @Test func whatComesOutAsRecordedPasses() throws {
        let verdicts = try CaseVerdict.all(in: folder.path)
        let names = ["mobile-text-alerts/v3-message-reply", "telesign/rcs-choice", "telesign/rcs-text"]
        #expect(verdicts.map(\.description) == names)
        #expect(verdicts.allSatisfy { $0.passed })
    }

    @Test func everyRecordedCasePasses() throws {
        let verdicts = try CaseVerdict.all(in: Recorded.folder)
        #expect(verdicts.count == Recorded.all.count && verdicts.count > 400)
        #expect(verdicts.filter { !$0.passed } == [])
    }

    @Test func onlyThoseThatAreAskedForAreRun() throws {
        #expect(try CaseVerdict.all(in: folder.path, only: "telesign/rcs-c").map(\.name) == ["rcs-choice"])
        #expect(try CaseVerdict.all(in: folder.path, only: "nothing").isEmpty)
    }

    @Test func whatComesOutOtherwiseFailsWithTheFirstDifference() throws {
        let events = String(decoding: try folder.bytes(of: "telesign/rcs-choice/events.json"), as: UTF8.self)
        try folder.write(events.replacing("abcd1234", with: "abcd9999"), to: "telesign/rcs-choice/events.json")
        let verdicts = try CaseVerdict.all(in: folder.path)
        #expect(verdicts.map(\.passed) == [true, false, true])
        let failure = try #require(verdicts[1].failure)
        #expect(
            failure.hasPrefix("events.json, line 2") && failure.contains("abcd9999") && failure.contains("abcd1234"))
    }

    @Test func aCaseThatCannotBeReadFailsAndTheOthersAreRun() throws {
        try folder.write("not a request", to: "telesign/rcs-choice/request.http")
        try folder.write("{}", to: "mobile-text-alerts/v3-message-reply/case.json")
        let verdicts = try CaseVerdict.all(in: folder.path)
        #expect(verdicts.map(\.passed) == [false, false, true])
        #expect(verdicts[0].failure?.contains("`origin`") == true)
        #expect(verdicts[1].failure?.contains("request.http") == true)
    }

    @Test func aCaseWithoutAnExpectationFails() throws {
        try FileManager.default.removeItem(at: folder.url.appending(path: "telesign/rcs-text/events.json"))
        #expect(try CaseVerdict.all(in: folder.path).last?.failure == "nothing was recorded that it must come to")
    }

    @Test func whatIsNoFolderOfCasesIsNotRun() throws {
        #expect(throws: CasebookError.self) { try CaseVerdict.all(in: folder.path + "/nowhere") }
        try folder.write("", to: "telesign/source.json")
        #expect(throws: CasebookError.self) { try CaseVerdict.all(in: folder.path) }
    }

    // MARK: JUnit

    @Test func theReportIsXMLWhateverAFailureSays() throws {
        let hostile = "events.json, line 2\nexpected: <\"'&]]>\u{01}\u{FFFE}\u{1F600}\u{7F}\tactual"
        let xml = JUnitReport([
            CaseVerdict(provider: "telesign", name: "a<b>&\"c\"", failure: hostile),
            CaseVerdict(provider: "telesign", name: "b", failure: nil),
            CaseVerdict(provider: "mobile-text-alerts", name: "c", failure: nil),
        ]).xml
        let reader = JUnitReader()
        let parser = XMLParser(data: Data(xml.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(xml)")
        #expect(reader.counts == ["3 1", "1 0", "2 1"])
        #expect(reader.names == ["mobile-text-alerts c", "telesign a<b>&\"c\"", "telesign b"])
        #expect(reader.messages == ["events.json, line 2"])
        #expect(reader.text.contains("<\"'&]]>\u{FFFD}\u{FFFD}\u{1F600}\u{7F}\tactual"))
    }

    @Test func theReportOfNothingIsXMLToo() {
        #expect(XMLParser(data: Data(JUnitReport([]).xml.utf8)).parse())
    }

    private final class JUnitReader: NSObject, XMLParserDelegate {
        var counts: [String] = []
        var names: [String] = []
        var messages: [String] = []
        var text = ""

        func parser(
            _: XMLParser, didStartElement element: String, namespaceURI _: String?, qualifiedName _: String?,
            attributes: [String: String]
        ) {
            switch element {
            case "testsuites", "testsuite":
                counts.append("\(attributes["tests"] ?? "") \(attributes["failures"] ?? "")")
            case "testcase": names.append("\(attributes["classname"] ?? "") \(attributes["name"] ?? "")")
            case "failure": messages.append(attributes["message"] ?? "")
            default: break
            }
        }

        func parser(_: XMLParser, foundCharacters characters: String) {
            text += characters
        }
    }
}
