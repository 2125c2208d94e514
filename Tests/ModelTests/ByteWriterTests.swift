import Testing

@testable import Model

/// Goal: what is written is what was given, wherever it lies in its buffer and however long it is.
///
/// Method: text is gone through eight bytes at a time, so each byte is put at each place of texts of several lengths, and
/// what comes is held against the plain reading of RFC 8259, byte for byte.
struct ByteWriterTests {
    @Test(arguments: 0...12)
    func namesStandBetweenMarksWhateverRoomThereWas(_ capacity: Int) {
        var output = ByteWriter(capacity: capacity)
        output.append(name: "abc", behindComma: false)
        output.append(fourHexDigitsOf: 0x9_0A9F)
        output.append(name: "", behindComma: true)
        let isSame = output.finish() == Array(#""abc":0a9f,"":"#.utf8)
        #expect(isSame)
    }

    @Test(arguments: [1, 7, 8, 9, 16, 23])
    func everyByteIsQuotedAtEveryPlace(_ length: Int) {
        let long: [Unicode.Scalar] = ["\u{80}", "\u{7FF}", "\u{E000}", "\u{FFFF}", "\u{1F4A9}"]
        let marks = (UInt8(0)...0x7F).map { Unicode.Scalar($0) } + long
        for place in 0..<length {
            for mark in marks {
                var scalars = Array(repeating: Unicode.Scalar("a"), count: length)
                scalars[place] = mark
                let text = String(String.UnicodeScalarView(scalars))
                var output = ByteWriter(capacity: 1)
                output.append(quoted: text)
                let isSame = output.finish() == Self.quoted(text)
                #expect(isSame, "\(mark.value) at \(place) of \(length)")
            }
        }
    }

    @Test func everyByteOfTwoHundredNeedsAnEscape() {
        let text = String(repeating: "\"\u{1}\\", count: 67)
        var output = ByteWriter(capacity: 8)
        output.append(quoted: text)
        let isSame = output.finish() == Self.quoted(text)
        #expect(isSame)
    }

    @Test func roomIsMadeForWhateverComes() {
        let long = String(repeating: "é", count: 40_000)
        var output = ByteWriter(capacity: 0)
        output.append(UInt8(ascii: "a"))
        output.append("bc" as StaticString)
        output.append(long)
        output.append("" as String)
        output.append(UInt8(ascii: "d"))
        let isSame = output.finish() == Array("abc".utf8) + Array(long.utf8) + Array("d".utf8)
        #expect(isSame)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        let short: [UInt8: String] = [
            0x08: #"\b"#, 0x09: #"\t"#, 0x0A: #"\n"#, 0x0C: #"\f"#, 0x0D: #"\r"#, 0x22: #"\""#, 0x5C: #"\\"#,
        ]
        let inner = text.utf8.flatMap { byte -> [UInt8] in
            if let escape = short[byte] { return Array(escape.utf8) }
            guard byte < 0x20 else { return [byte] }
            return Array((byte < 0x10 ? #"\u000"# : #"\u00"#).utf8) + Array(String(byte, radix: 16).utf8)
        }
        return [0x22] + inner + [0x22]
    }
}
