import Foundation
import Model
import Testing

@testable import Casebook

/// Goal: a document is written anew exactly as other programs write it, for a signature is over every byte.
///
/// Method: Python's own `json.dumps` is asked for the same document.
struct JSONSpellingTests {
    struct Manner: Sendable, CustomTestStringConvertible {
        let python: String
        let spelling: @Sendable () -> JSONSpelling

        var testDescription: String { python }
    }

    static let manners = [
        Manner(python: "separators=(',', ':')") { JSONSpelling(escaping: JSONEscaping(asciiOnly: true)) },
        Manner(python: "ensure_ascii=False, separators=(',', ':')") { JSONSpelling(escaping: JSONEscaping()) },
        Manner(python: "") { JSONSpelling(layout: .spaced, escaping: JSONEscaping(asciiOnly: true)) },
        Manner(python: "sort_keys=True") {
            JSONSpelling(layout: .spaced, sortsNames: true, escaping: JSONEscaping(asciiOnly: true))
        },
        Manner(python: "indent=2, ensure_ascii=False") {
            JSONSpelling(layout: .indentedByTwo, escaping: JSONEscaping())
        },
        Manner(python: "indent=4") {
            JSONSpelling(layout: .indentedByFour, escaping: JSONEscaping(asciiOnly: true))
        },
        Manner(python: "indent='\\t', sort_keys=True") {
            JSONSpelling(layout: .indentedByTab, sortsNames: true, escaping: JSONEscaping(asciiOnly: true))
        },
    ]

    @Test(arguments: manners)
    func isWrittenAsPythonWritesIt(_ manner: Manner) throws {
        let document = Array(
            #"""
            { "b" : [1, 2.5, -3, true, false, null, [], {}, [[]]],	"a":{"z":"Été 👍 \/ \u0001 \" \\ \n","y":""},
              "Z":"\u00e9\ud83d\udc4d", "aa" : {"": 0} }
            """#.utf8)
        let script = "import json,sys; sys.stdout.write(json.dumps(json.load(sys.stdin), \(manner.python)))"
        let python = try Python.run(["-c", script], input: document)
        #expect(python.status == 0)
        let ours = manner.spelling().spell(try JSONText(document))
        #expect(String(decoding: ours, as: UTF8.self) == python.output)
    }

    @Test func slashesAreEscapedAsPHPDoes() throws {
        let text = try JSONText(Array(#"{"a":"x/y"}"#.utf8))
        let spelled = JSONSpelling(escaping: JSONEscaping(slashes: true)).spell(text)
        #expect(String(decoding: spelled, as: UTF8.self) == #"{"a":"x\/y"}"#)
    }

    @Test func escapesStayUnlessAskedFor() throws {
        let document = Array(#"{"a":"\u0041\/\u00e9é"}"#.utf8)
        #expect(JSONSpelling().spell(try JSONText(document)) == document)
    }

    @Test(arguments: Recorded.json)
    func everyBodyIsTheSameDocumentAfterwards(_ fixture: Case) throws {
        let text = try JSONText(fixture.webhook.body)
        let compact = JSONSpelling().spell(text)
        let spread = JSONSpelling(layout: .indentedByFour, escaping: JSONEscaping(asciiOnly: true)).spell(text)
        let plain = JSONSpelling(escaping: JSONEscaping())
        #expect(try plain.spell(JSONText(spread)) == plain.spell(JSONText(compact)))
        #expect(Leaf.all(in: compact).map(\.text) == Leaf.all(in: fixture.webhook.body).map(\.text))
    }
}
