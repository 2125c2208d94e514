import FolderKit
import Foundation
import Model
import Testing
import Wire

@testable import Casebook

/// Goal: a recorded case is whole, signed with the folder's own secret, passes, and takes nothing's place.
struct CaseDraftTests {
    private static let body = Array(
        #"{"fromNumber":"+15555550123","toNumber":"+15555550999","replyId":"7","message":"Hi"}"#.utf8)
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.copy("mobile-text-alerts/v3-message-reply")
    }

    private func write(_ name: String, _ body: [UInt8] = body, overlay: [Verbatim.Member] = []) throws -> Case {
        let draft = try CaseDraft(in: folder.path, provider: "mobile-text-alerts", overlay: overlay)
        let sheet = CaseDraft.Sheet(name: name, origin: .made, about: "A \"reply\".", covers: "message-reply, V3")
        return try draft.write(body, as: sheet)
    }

    @Test func isReadBackAndPasses() throws {
        let written = try write("new-case")
        #expect(
            written.webhook.body == Self.body && written.about == "A \"reply\"."
                && written.covers == "message-reply, V3")
        #expect(written.outcome().events.count == 1 && written.outcome().events[0].authenticity.isVerified)
        #expect(try CaseVerdict.all(in: folder.path).map(\.passed) == [true, true])
        let names = try FileManager.default.contentsOfDirectory(atPath: written.folder)
        #expect(names.sorted() == ["case.json", "events.json", "request.http"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/mobile-text-alerts").count == 3)
    }

    @Test func whatIsNotUnderstoodIsRecordedAsWell() throws {
        let written = try write("new-case", Array("no JSON".utf8))
        #expect(written.outcome().faults.count == 1 && written.expected.quarantine != nil)
        #expect(try CaseVerdict.all(in: folder.path).allSatisfy(\.passed))
    }

    @Test func theCaseHasItsOwnSourceWhereItDiffers() throws {
        let written = try write("new-case", overlay: [.init(name: "channel", value: .string("rcs"))])
        #expect(written.hasOwnSource && written.source.channel == .rcs)
        #expect(written.outcome().events.first?.channel == .rcs)
    }

    @Test func nothingIsOverwritten() throws {
        let before = try folder.bytes(of: "mobile-text-alerts/v3-message-reply/request.http")
        #expect(throws: CasebookError.self) { try write("v3-message-reply") }
        #expect(try folder.bytes(of: "mobile-text-alerts/v3-message-reply/request.http") == before)
    }

    @Test(arguments: ["", ".", "..", "../telesign", "a/b", "-a", "A", "a b", String(repeating: "a", count: 101)])
    func aNameThatIsNoneIsRefused(_ name: String) throws {
        #expect(throws: CasebookError.self) { try write(name) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/mobile-text-alerts").count == 2)
    }

    @Test func whatCannotBeWrittenLeavesNothingBehind() throws {
        // A head that the gateway's own reader refuses.
        let draft = try CaseDraft(in: folder.path, provider: "mobile-text-alerts")
        let sheet = CaseDraft.Sheet(name: "new-case", origin: .made, about: "A reply.")
        #expect(throws: CasebookError.self) { try draft.write(Self.body, as: sheet, contentType: "a\u{00}b") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/mobile-text-alerts").count == 2)
    }

    @Test func aFolderWithoutTheProviderOrItsSecretIsRefused() throws {
        #expect(throws: CasebookError.self) { try CaseDraft(in: folder.path, provider: "telesign") }
        #expect(throws: CasebookError.self) { try CaseDraft(in: folder.path, provider: "nobody") }
        try folder.write(#"{"name":"mta"}"#, to: "mobile-text-alerts/source.json")
        #expect(throws: CasebookError.self) { try CaseDraft(in: folder.path, provider: "mobile-text-alerts") }
    }
}
