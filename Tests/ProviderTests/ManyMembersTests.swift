import Model
import Providers
import Testing

/// Goal: each member of an object is told from every other, however many there are and however alike their names.
struct ManyMembersTests {
    private static func tags(_ members: [(name: String, value: String)]) throws -> [Event.Correlation.Tag] {
        let tags = members.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",")
        let decoding = try MTA.decode(
            #"{"fromNumber":"+15555550123","replyId":"1","message":"Hi","tags":{\#(tags)}}"#)
        #expect(decoding.faults.isEmpty)
        return try #require(decoding.events.first).correlation.tags
    }

    @Test(arguments: [1, 1_024, 1_025, 5_000])
    func everyTagKeepsItsValue(_ count: Int) throws {
        let tags = try Self.tags((0..<count).map { ("tag-\($0)", "value-\($0)") })
        #expect(tags.map(\.name) == (0..<count).map { "tag-\($0)" })
        #expect(tags.map(\.value) == (0..<count).map { "value-\($0)" })
    }

    /// To Swift's `==` both names are the same text; to the vendor they are two.
    @Test(arguments: [0, 2_000])
    func namesThatUnicodeCallsEquivalentAreTwo(_ others: Int) throws {
        let alike = [(#"e\u0301"#, "decomposed"), ("\u{E9}", "composed")]
        let tags = try Self.tags(alike + (0..<others).map { ("tag-\($0)", "") })
        #expect(tags.prefix(2).map(\.value) == ["decomposed", "composed"])
        #expect(tags.prefix(2).map { Array($0.name.unicodeScalars) } == [["e", "\u{301}"], ["\u{E9}"]])
    }

    @Test func partsStandInTheOrderOfTheirNumbers() throws {
        let parts = (1...3_000).reversed().map { "\"text_\($0)\":\"part \($0)\"" }.joined(separator: ",")
        let decoding = try TS.decode(#"{"reference_id":"A","sub_resource":"mo_mms","content":{\#(parts)}}"#)
        let event = try #require(decoding.events.first)
        guard case .received(let message) = event.body else {
            Issue.record("no message: \(event.body.kind)")
            return
        }
        #expect(message.content == (1...3_000).map { .text("part \($0)") })
    }
}
