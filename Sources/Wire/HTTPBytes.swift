/// A set of ASCII bytes.
package struct ByteSet: Sendable {
    /// Bytes 0 to 63, one bit each.
    private var low: UInt64 = 0
    /// Bytes 64 to 127.
    private var high: UInt64 = 0

    init(_ bytes: String) {
        for byte in bytes.utf8 {
            precondition(byte < 128, "a set of ASCII bytes is asked to hold another")
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
    }

    package func contains(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }

    /// The first index from there on whose byte is not in the set, and at most `end`.
    func endOfRun(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end && contains(bytes[index]) { index += 1 }
        return index
    }
}

extension ByteSet {
    private static let alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    /// What methods and the names of fields are made of (RFC 9110, 5.6.2).
    package static let token = ByteSet(alphanumerics + "!#$%&'*+-.^_`|~")
    /// What a path is made of (RFC 3986, 3.3), and the brackets that some senders leave as they are.
    static let path = ByteSet(alphanumerics + "-._~%!$&'()*+,;=:@/[]")
    /// What a query is made of (RFC 3986, 3.4), and the same brackets.
    static let query = ByteSet(alphanumerics + "-._~%!$&'()*+,;=:@/[]?")
    /// What a host and its port are made of (RFC 3986, 3.2.2), without the comma that would make two of one.
    static let host = ByteSet(alphanumerics + "-._~%!$&'()*+;=:[]")
}

extension UInt8 {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")

    var isLineEnd: Bool { self == .carriageReturn || self == .lineFeed }

    var isBlank: Bool { self == .space || self == .tab }

    /// Whether it may stand in a field's value beside blanks: visible ASCII, and what lies beyond ASCII.
    var isFieldText: Bool { self > 0x20 && self != 0x7F }

    var lowercasedASCII: UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self
    }

    var decimalDigit: Int? {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= self ? Int(self - UInt8(ascii: "0")) : nil
    }

    var hexadecimalDigit: Int? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension Span<UInt8> {
    /// The first index from there on whose byte is no text of a field, and at most `end`. Eight bytes at a time.
    func endOfFieldText(from start: Int, to end: Int) -> Int {
        var index = start
        while index + 8 <= end {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let eight = EightBytes(word: UInt64(littleEndian: word))
            // What ``UInt8/isFieldText`` does not hold for.
            let other = eight.below(0x21) | eight.equal(to: 0x7F)
            guard other == 0 else { return index + other.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end && self[index].isFieldText { index += 1 }
        return index
    }
}

extension [UInt8] {
    /// So many bytes at most, written by the closure. The standard library's own, which is called `capacity`, looks the
    /// array's type up anew each time.
    init(atMost count: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        self = []
        // For none as well: the length would be written into the one empty array that all threads share.
        append(addingCapacity: Swift.max(1, count), initializingWith: write)
    }

    /// Appends a run of bytes at once.
    mutating func append(_ bytes: Span<UInt8>) {
        // None to none would write the length into the one empty array that all threads share.
        guard !bytes.isEmpty else { return }
        append(addingCapacity: bytes.count) { output in
            for index in bytes.indices { output.append(bytes[index]) }
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without the blanks around it.
    var trimmed: ArraySlice<UInt8> {
        var rest = drop { $0.isBlank }
        while rest.last?.isBlank == true { rest.removeLast() }
        return rest
    }

    /// What commas part, each without the blanks around it.
    var options: [ArraySlice<UInt8>] {
        split(separator: UInt8(ascii: ",")).map(\.trimmed)
    }

    /// Whether it is a word in lower case, in whatever case.
    func isWord(_ word: [UInt8]) -> Bool {
        elementsEqual(word) { $0.lowercasedASCII == $1 }
    }
}
