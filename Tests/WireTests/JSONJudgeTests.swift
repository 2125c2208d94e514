import Foundation
import JSONJudge
import Testing
import Wire

/// Goal: our reader takes and refuses just what another strict reader does, and reads the same out of it.
///
/// Method: documents of every category that a test suite for JSON has, and thousands of damaged ones; what is drawn is drawn
/// by a fixed seed.
struct JSONJudgeTests {
    private static let documents: [String] = [
        "{}", "[]", " [ ] ", "\t{\n}\r\n", "[null]", "[true,false]", #"{"a":{"b":[{"c":null}]}}"#, #"{"":0}"#,
        // Numbers.
        "[0]", "[-0]", "[1]", "[-1]", "[10]", "[01]", "[-01]", "[1.0]", "[0.1]", "[1e1]", "[1E+2]", "[1e-2]", "[0e0]",
        "[123.456e-78]", "[1.5E3,-2.25]", "[1.]", "[.1]", "[-]", "[-.5]", "[+1]", "[1e]", "[1e+]", "[0x1]", "[1a]",
        "[Infinity]", "[NaN]", "[-Infinity]", "[9223372036854775807]", "[9223372036854775808]",
        "[-9223372036854775808]", "[-9223372036854775809]", "[1e308]", "[1e309]", "[-1e400]", "[1e-400]",
        "[4.9e-324]", "[0.30000000000000004]", "[2.2250738585072011e-308]", "[1_000]", "[1 2]", "[--1]", "[1e1.5]",
        // Strings.
        #"[""]"#, #"["a"]"#, #"["\"\\\/\b\f\n\r\t"]"#, #"["\u0041\u00e9\u20AC\uD834\uDD1E"]"#, #"["\u0000"]"#,
        #"["\ud800"]"#, #"["\udc00"]"#, #"["\ud800\ud800"]"#, #"["\ud800x"]"#, #"["\ud800\n"]"#, #"["\ud800\u0041"]"#,
        #"["\u12"]"#, #"["\u12G4"]"#, #"["\u"]"#, #"["\x41"]"#, #"["\a"]"#, #"["\"#, #"["\u00"#, "[\"a\nb\"]",
        "[\"a\u{1F}b\"]", "[\"a\u{7F}b\"]", "[\"é€😀\"]", "['a']", #"["a]"#, #"["a"x]"#, #"["a" "b"]"#,
        #"["\uD834\uDd1e\udbff\uDFFF"]"#, #"["\u2028\u2029"]"#, #"["0123456\"8","01234567","012345678\\"]"#,
        // Objects.
        #"{"a":1,"b":2}"#, #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"\u0000":1}"#, #"{"a"}"#, #"{"a":}"#,
        #"{:1}"#, #"{1:1}"#, #"{a:1}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" 1}"#, #"{"a"::1}"#, #"{"a":1 "b":2}"#,
        #"{"a":1}}"#, #"{"a":1"#, #"{"a":"#, #"{"a"#, #"{""#, "{", #"{"a":1,,"b":2}"#, #"{"A":1,"a":2,"á":3}"#,
        #"{"a\t":1,"a\u0009":2}"#, #"{"\\":1,"\\\\":2}"#,
        // Arrays.
        "[1,]", "[,1]", "[1,,2]", "[", "[1", "[1,", "]", "[[]", "[]]", "[1}", "{]", "[1:2]", "[[[[[]]]]]",
        // What is no document, or more than one.
        "", " ", "null", "1", #""a""#, "tru", "[tru]", "[nul]", "[falsey]", "[TRUE]", "[] []", "[],", "[]\u{0}", "[]x",
        "\u{FEFF}[]", "/**/[]", "[1/**/]", "[]//", "[\u{A0}]", "[\u{2028}]", "[\u{B}]", "\u{C}[]",
    ]

    private static let byteDocuments: [[UInt8]] = [
        [0xFF], [0x5B, 0x22, 0xC0, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xC1, 0xBF, 0x22, 0x5D],
        [0x5B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xED, 0x9F, 0xBF, 0x22, 0x5D],
        [0x5B, 0x22, 0xE0, 0x80, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xE0, 0xA0, 0x80, 0x22, 0x5D],
        [0x5B, 0x22, 0xF0, 0x80, 0x80, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xF0, 0x90, 0x80, 0x80, 0x22, 0x5D],
        [0x5B, 0x22, 0xF4, 0x8F, 0xBF, 0xBF, 0x22, 0x5D], [0x5B, 0x22, 0xF4, 0x90, 0x80, 0x80, 0x22, 0x5D],
        [0x5B, 0x22, 0xF5, 0x80, 0x80, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xE2, 0x82],
        [0x5B, 0x22, 0xE2, 0x82, 0x22, 0x5D],
        [0x5B, 0x22, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xBF, 0x22, 0x5D], [0x5B, 0x22, 0xFE, 0x22, 0x5D],
        [0xFE, 0xFF, 0x00, 0x5B, 0x00, 0x5D], [0x5B, 0x00, 0x5D, 0x00], [0x5B, 0x22, 0x00, 0x22, 0x5D],
        [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], [0x7B, 0x22, 0xC3, 0xA9, 0x22, 0x3A, 0x31, 0x7D],
    ]

    @Test(arguments: documents)
    func isOfOneMindOnText(_ text: String) {
        #expect(JSONJudge.difference(on: Array(text.utf8)) == nil)
    }

    @Test(arguments: byteDocuments)
    func isOfOneMindOnBytes(_ bytes: [UInt8]) {
        #expect(JSONJudge.difference(on: bytes) == nil)
    }

    @Test func isOfOneMindOnWhatIsDamaged() {
        var chance = Chance(seed: 0x6D6F_6761_7465)
        let whole = Self.documents.map { Array($0.utf8) } + Self.byteDocuments
        for _ in 0..<60_000 {
            var bytes = whole[chance.below(whole.count)]
            for _ in 0...chance.below(4) { damage(&bytes, by: &chance, with: whole) }
            #expect(JSONJudge.difference(on: bytes) == nil, "\(bytes)")
        }
    }

    private func damage(_ bytes: inout [UInt8], by chance: inout Chance, with others: [[UInt8]]) {
        let place = chance.below(bytes.count + 1)
        switch chance.below(5) {
        case 0: bytes.insert(UInt8(chance.below(256)), at: place)
        case 1 where place < bytes.count: bytes.remove(at: place)
        case 2 where place < bytes.count: bytes[place] ^= 1 << UInt8(chance.below(8))
        case 3: bytes.insert(contentsOf: others[chance.below(others.count)], at: place)
        default: bytes.insert(Array(#"{}[]",:\u0"#.utf8)[chance.below(10)], at: place)
        }
    }

    @Test(arguments: ["[1\u{0}]", "[1\u{0},2]", "{\"a\":1\u{0}}", "[\u{0}1]", "[1.5\u{0}]"])
    func refusesANULEvenWhereJanssonPassesOverIt(_ text: String) {
        #expect(throws: JSON.Failure.self) { try JSON(Array(text.utf8)) }
    }

    @Test func findsADuplicateAmongMany() {
        for count in [12, 13, 40, 2_000] {
            let names = (0..<count).map { "\"name-\($0)\":\($0)" }
            #expect(JSONJudge.difference(on: Array("{\(names.joined(separator: ","))}".utf8)) == nil)
            let text = "{\(names.joined(separator: ",")),\"name-\(count / 2)\":0}"
            #expect(throws: JSON.Failure.self) { try JSON(Array(text.utf8)) }
            #expect(JSONJudge.difference(on: Array(text.utf8)) == nil)
        }
    }

    /// The same numbers for the same seed, for ever: xorshift.
    private struct Chance {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func below(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
    }
}
