import Testing
import Wire

/// Goal: the cases of section D of the catalogue of hostile inputs come out as it says, each under its number.
///
/// What is refused here is quarantined by whoever asked, with the bytes as they came: ``ServeTests`` shows that.
struct JSONCaseTests {
    private static func reason(_ bytes: [UInt8]) -> String? {
        do {
            _ = try JSON(bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    private static func reason(_ text: String) -> String? { reason(Array(text.utf8)) }

    private static func first(_ text: String) throws -> JSON? { try JSON(Array("[\(text)]".utf8)).elements.first }

    /// Documents by the categories of a suite of tests for JSON: `y_` must be read, `n_` must not.
    @Test(arguments: [
        // y_array, y_number, y_object, y_string, y_structure
        "[[]   ]", "[\"\"]", "[]", "[false]", "[null, 1, \"1\", {}]", "[ 1]", "[1,null,null,null,2]", "[2] ",
        "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[-0.000000000000000000000000000000000000000000000000000000000001]",
        "[20e1]", "[-0]", "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]",
        #"{"asd":"sdf", "dfg":"fgh"}"#, "{}", #"{"":0}"#, "{\n\"a\": \"b\"\n}", #"{ "min": -1.0e+28, "max": 1.0e+28 }"#,
        #"["\u0060\u012a\u12AB"]"#, #"["\uD801\udc37"]"#, #"["\"\\\/\b\f\n\r\t"]"#, #"["a/*b*/c/*d//e"]"#, #"["\\n"]"#,
        #"["\uDBFF\uDFFF"]"#, "[\"\u{7F}\"]", #"["\u0000"]"#, "[\"\u{2028}\"]", "[\"\u{10FFFF}\"]",
        #"["new\u000Aline"]"#,
        "[true]\n", " [] ",
    ])
    func case76reads(_ text: String) {
        #expect(Self.reason(text) == nil)
    }

    @Test(arguments: [
        // n_array
        "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"", "[x",
        "[3[4]]",
        "[1:2]", "[,]", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]", "[1,,]", "[\"\u{B}a\"\\f]", "[*]", "[\"\"",
        "[1,",
        "[{}", "[false, nul]",
        // n_number
        "[-01]", "[++1234]", "[+1]", "[-1.0.]", "[-2.]", "[.-1]", "[.2e-3]", "[0.1.2]", "[0.3e+]", "[0.e1]", "[0E+]",
        "[0e]",
        "[1.0e+]", "[1 000.0]", "[1eE2]", "[2.e+3]", "[9.e+]", "[Inf]", "[NaN]", "[1+2]", "[0x42]", "[-Infinity]",
        "[--2.]",
        "[-1x]", "[1ea]", "[1.]", "[012]", "[-012]", "[2.e3]", "[- 1]", "[1e1\u{E5}]",
        // n_object
        "[\"x\", truth]", "{[: \"x\"}\n", "{\"x\", null}", "{\"x\"::\"b\"}", "{\"a\":\"a\" 123}", "{key: 'value'}",
        "{\"a\" b}",
        "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{1:1}", "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}",
        "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}#", "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a",
        "{ \"foo\" : \"bar\", \"a\" }",
        "{\"a\":true} \"x\"", "{null:null,null:null}",
        // n_single, n_string
        " ", #"["\uD800\"]"#, #"["\uD800\u"]"#, #"["\uD800\u1"]"#, #"["\uD800\u1x"]"#, "[\u{E9}]", #"["\x00"]"#,
        #"["\\\"]"#, "[\"\t\"]", #"["\u{1F300}"]"#, #"["\"]"#, #"["\u00A"]"#, #"["\uD834\uDd"]"#,
        #"["\uD800\uD800\x"]"#,
        #"["\a"]"#, #"["\uqqqq"]"#, "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "abc", "[\"\\",
        "[\"new\nline\"]",
        "[\"a\u{0}a\"]", #"""x"#,
        // n_structure
        "<.>", "[<null>]", "[1]x", "[1]]", "[\"asd]", "a\u{E5}", "[True]", "1]", "{\"x\": true,", "[][]", "]", "{\"",
        "{]", "",
        "[", "{", "[\"a", "{[", "{,", "{\"a", "[\u{A0}]", "2@", "{}}", "{\"\":", "*", "[\u{2060}]", "\u{FEFF}",
        "[\u{C}]",
        "[1,{\"a\":", "{\"a\":/*comment*/\"b\"}", "123\u{0}", "[1]\u{0}", "\u{FEFF}{}",
    ])
    func case76refuses(_ text: String) {
        #expect(Self.reason(text) != nil)
    }

    @Test(
        arguments: [(64, nil), (65, "nested too deeply"), (2_049, "nested too deeply"), (100_000, "nested too deeply")]
            as [(Int, String?)])
    func case77and78(_ depth: Int, _ reason: String?) {
        let closed = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(Self.reason(closed) == reason)
        // Also where it never closes, and where brackets of both kinds take turns.
        #expect(Self.reason(String(repeating: "[", count: depth)) != nil)
        #expect(Self.reason(String(repeating: #"{"a":["#, count: depth)) != nil)
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"x":[{"\u0061":1,"b":2,"a":1}]}"#, #"{"":1,"":1}"#,
    ])
    func case79(_ text: String) {
        #expect(Self.reason(text) == "duplicate key")
    }

    @Test func case80() throws {
        let string = try #require(try Self.first(#""a\u0000b""#)?.string)
        #expect(Array(string.utf8) == [0x61, 0, 0x62])
        #expect(Self.reason(#"{"a\u0000b":1}"#) != nil)
        #expect(Self.reason("[\"a\u{0}b\"]") != nil)
        #expect(Self.reason("[1]\u{0}") != nil)
    }

    @Test(arguments: [
        Array(#"["\ud800"]"#.utf8), Array(#"["\udfff"]"#.utf8), Array(#"["\udc00\ud800"]"#.utf8),
        [0x5B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xC0, 0xAF, 0x22, 0x5D],
        [0x5B, 0x22, 0xE0, 0x80, 0xAF, 0x22, 0x5D], [0x5B, 0x22, 0xFF, 0x22, 0x5D], [0xFF, 0xFE, 0x5B, 0, 0x5D, 0],
        [0xFE, 0xFF, 0, 0x5B, 0, 0x5D], [0x5B, 0, 0x5D, 0], [0xEF, 0xBB, 0xBF, 0x5B, 0x5D],
    ])
    func case81(_ bytes: [UInt8]) {
        #expect(Self.reason(bytes) != nil)
    }

    @Test func case82() throws {
        #expect(try Self.first("9223372036854775807")?.integer == .max)
        #expect(try Self.first("-9223372036854775808")?.integer == .min)
        #expect(Self.reason("[9223372036854775808]") != nil)
        #expect(Self.reason("[-9223372036854775809]") != nil)
        #expect(Self.reason("[" + String(repeating: "9", count: 1_000_000) + "]") != nil)
    }

    @Test func case83() throws {
        #expect(Self.reason("[1e400]") != nil)
        #expect(Self.reason("[-1e400]") != nil)
        #expect(try Self.first("1e-400")?.double == 0)
        #expect(try Self.first("-0")?.integer == 0)
        #expect(try Self.first("0.1")?.double == 0.1)
        #expect(try Self.first("1e20")?.double == 1e20)
        // What is not whole is no integer, however near it is.
        for text in ["1e20", "1.0", "0.1"] { #expect(try Self.first(text)?.integer == nil) }
    }

    @Test func case84() throws {
        let text = "[" + String(repeating: "{},", count: 1 << 18) + "{}]"
        #expect(try JSON(Array(text.utf8)).elements.count == 1 << 18 + 1)
    }

    @Test func case85() throws {
        let members = (0..<100_000).map { "\"\($0)\":0" }.joined(separator: ",")
        #expect(try JSON(Array("{\(members)}".utf8)).members.count == 100_000)
        #expect(Self.reason("{\(members),\"77\":0}") == "duplicate key")
    }

    @Test(arguments: ["", " ", "\r\n\t ", "1", "\"a\"", "true", "null"])
    func case86(_ text: String) {
        #expect(Self.reason(text) != nil)
    }

    @Test func case86anArrayIsRead() throws {
        #expect(try JSON(Array("[1]".utf8)).kind == .array)
    }
}
