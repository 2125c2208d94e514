import Testing
import Wire

/// Goal: JSON is read strictly, within bounds, and nothing of it is quoted when it fails.
struct JSONTests {
    private static func parse(_ text: String) throws -> JSON { try JSON(Array(text.utf8)) }

    private static func reason(_ bytes: [UInt8]) -> String? {
        do {
            _ = try JSON(bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func readsEveryKind() throws {
        let json = try Self.parse(
            #"{"s":"a\u0000é","i":9223372036854775807,"d":0.5,"t":true,"f":false,"n":null,"a":[1,"x"],"o":{"k":{}}}"#)
        #expect(json.kind == .object)
        #expect(json.members.map(\.name) == ["s", "i", "d", "t", "f", "n", "a", "o"])
        #expect(json["s"]?.string == "a\u{0}é")
        #expect(json["i"]?.integer == .max)
        #expect(json["d"]?.integer == nil)
        #expect(json["d"]?.double == 0.5)
        #expect(json["i"]?.double == 9_223_372_036_854_775_808)
        #expect(json["t"]?.bool == true)
        #expect(json["f"]?.bool == false)
        #expect(json["n"]?.isNull == true)
        #expect(json["a"]?.elements.map(\.kind) == [.number, .string])
        #expect(json["o"]?["k"]?.kind == .object)
        #expect(json["missing"] == nil)
        #expect(json["s"]?["k"] == nil)
        #expect(json["s"]?.elements.isEmpty == true)
        #expect(json["a"]?.members.isEmpty == true)
    }

    /// As the number would be written anew.
    @Test(
        arguments: [
            ("0", "0"), ("-0", "0"), ("-7", "-7"), ("1500", "1500"), ("9223372036854775807", "9223372036854775807"),
            ("1.5", nil), ("1e2", nil), ("\"1\"", nil), ("true", nil), ("null", nil),
        ] as [(String, String?)])
    func digitsOfWholeNumbers(_ number: String, _ digits: String?) throws {
        let json = try JSON(Array(#"{"n":\#(number)}"#.utf8))
        let member = try #require(json.member("n"))
        #expect(json.digits(member) == digits)
        #expect(json.integer(member).map { String($0) } == digits)
    }

    @Test func aValueOutlivesTheNamesThatLedToIt() throws {
        func inner() throws -> JSON? { try Self.parse(#"{"a":{"b":"kept"}}"#)["a"]?["b"] }
        #expect(try inner()?.string == "kept")
    }

    /// Strings are gone through eight bytes at a time: what means something may stand at any of them, and beside another.
    @Test func findsWhatMeansSomethingWhereverItStands() throws {
        for before in 0..<20 {
            for after in 0..<20 {
                let (start, end) = (String(repeating: "a", count: before), String(repeating: "b", count: after))
                for (spelling, text) in [(#"\""#, "\""), (#"\\"#, "\\"), ("é", "é"), (#"é\n"#, "é\n")] {
                    let json = try Self.parse("[\"\(start)\(spelling)\(end)\",\"\(end)\"]")
                    #expect(json.elements.map(\.string) == [start + text + end, end])
                }
                let control = Array("[\"\(start)\u{1F}\(end)\"]".utf8)
                #expect(Self.reason(control) == "a control character in a string")
            }
        }
    }

    @Test func aMembersNameMayHoldAnything() throws {
        let json = try Self.parse(#"{"postback_data\t":"1","é":2}"#)
        #expect(json["postback_data\t"]?.string == "1")
        #expect(json["é"]?.integer == 2)
        #expect(json["postback_data"] == nil)
    }

    @Test(arguments: [
        "", " ", "1", "\"a\"", "true", "null", "{", "[", "{]", #"{"a":}"#, #"{"a":1,}"#, "[1,]", "{'a':1}", "[01]",
        "[+1]", "[1.]", "[.5]", "[1e400]", "[NaN]", "[9223372036854775808]", "[-9223372036854775809]", "[\"\t\"]",
        #"["\x"]"#, #"["\ud800"]"#, #"["\udc00\ud800"]"#, #"{"\u0000":1}"#, "[1] x", "[1]\u{0}", "\u{FEFF}[1]",
        "// c\n[1]", "[1]]", "\u{0}",
    ])
    func refuses(_ text: String) {
        #expect(Self.reason(Array(text.utf8)) != nil)
    }

    @Test(
        arguments: [[0xFF], [0x5B, 0x22, 0xC0, 0x80, 0x22, 0x5D], [0x5B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x5D]]
            as [[UInt8]])
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        #expect(Self.reason(bytes) != nil)
    }

    @Test(arguments: [#"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"a":1,"a":1}}"#])
    func refusesAKeyThatComesTwice(_ text: String) {
        #expect(Self.reason(Array(text.utf8)) == "duplicate key")
    }

    @Test(
        arguments: [(64, nil), (65, "nested too deeply"), (2_049, "nested too deeply"), (100_000, "nested too deeply")]
            as [(Int, String?)])
    func depthIsBounded(_ depth: Int, _ reason: String?) {
        let arrays =
            [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        #expect(Self.reason(arrays) == reason)
        let text = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        #expect(Self.reason(Array(text.utf8)) == reason)
    }

    @Test func bracketsInStringsAreNotDepth() throws {
        let text = "[\"" + String(repeating: #"[{\"\\"#, count: 500) + "\"]"
        #expect(try Self.parse(text).elements.first?.string?.count == 2_000)
    }

    @Test func aFailureQuotesNothing() {
        for text in [#"{"phone":"4412345678" x}"#, #"{"4412345678":1,"4412345678":2}"#, #"["4412345678"#] {
            #expect(Self.reason(Array(text.utf8))?.contains("4412345678") == false)
        }
    }

    @Test func aHundredThousandKeysAreRead() throws {
        let members = (0..<100_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        let json = try Self.parse("{\(members)}")
        #expect(json["k99999"]?.integer == 99_999)
        #expect(json.members.count == 100_000)
    }
}
