import Foundation
import JSONJudge
import Testing
import Wire

/// Goal: what everybody must read is read, what nobody may read is refused, and what each reader decides for itself is decided
/// here (case 76).
///
/// Method: the documents of JSONTestSuite, as they are at commit 1ef36fa of https://github.com/nst/JSONTestSuite, under the MIT
/// licence that lies beside them. Two of them, which are long and say one thing again and again, are made here.
struct JSONTestSuiteTests {
    struct Document: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]

        var testDescription: String { name }

        var isTaken: Bool { (try? JSON(bytes)) != nil }
    }

    static let all: [Document] =
        files + [
            Document(
                name: "n_structure_100000_opening_arrays",
                bytes: [UInt8](repeating: UInt8(ascii: "["), count: 100_000)),
            Document(
                name: "n_structure_open_array_object",
                bytes: Array((String(repeating: #"[{"":"#, count: 50_000) + "\n").utf8)),
        ]

    /// None where they cannot be read, which ``isWhole`` tells.
    private static let files: [Document] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "JSONTestSuite").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
        return names.filter { $0.hasSuffix(".json") }.compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)").map {
                Document(name: String(name.dropLast(".json".count)), bytes: Array($0))
            }
        }
    }()

    /// What everybody must read, and mogate does not: keys that come twice, a NUL in a key, and what is neither an object nor
    /// an array.
    private static let refused: Set<String> = [
        "y_object_duplicated_key", "y_object_duplicated_key_and_value", "y_object_escaped_null_in_key",
        "y_string_space", "y_structure_lonely_false", "y_structure_lonely_int", "y_structure_lonely_negative_real",
        "y_structure_lonely_null", "y_structure_lonely_string", "y_structure_lonely_true", "y_structure_string_empty",
    ]

    /// Of what each decides for itself: numbers so small that they are nothing. Numbers too large to be kept, what is not
    /// UTF-8, lone surrogates, byte order marks and what lies deeper than 64 are refused.
    private static let taken: Set<String> = ["i_number_double_huge_neg_exp", "i_number_real_underflow"]

    @Test func isWhole() {
        func count(_ kind: String) -> Int { Self.all.count { $0.name.hasPrefix(kind) } }
        #expect(count("y_") == 95 && count("n_") == 188 && count("i_") == 35)
    }

    @Test(arguments: all)
    func isDecidedAsItShouldBe(_ document: Document) {
        let wanted =
            switch document.name.prefix(2) {
            case "y_": !Self.refused.contains(document.name)
            case "n_": false
            default: Self.taken.contains(document.name)
            }
        #expect(document.isTaken == wanted)
    }

    @Test(arguments: all)
    func isDecidedAsByAnotherStrictReader(_ document: Document) {
        #expect(JSONJudge.difference(on: document.bytes) == nil)
    }
}
