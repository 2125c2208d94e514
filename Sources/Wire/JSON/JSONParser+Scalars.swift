/// Strings and numbers.
extension JSONParser {
    /// From the opening quotation mark to behind the closing one.
    mutating func string() throws(JSON.Failure) -> JSONToken {
        position += 1
        let start = position
        var kind = JSONToken.Kind.plain
        while true {
            skipPlain()
            guard position < bytes.count else { throw failure("a string has no end") }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return token(kind, from: start, to: position - 1)
            case UInt8(ascii: "\\"):
                kind = .escaped
                try escape()
            case ..<0x20: throw failure("a control character in a string")
            case 0x80...: try multibyteCharacters()
            default: position += 1
            }
        }
    }

    /// Goes on to the next byte that means something, eight at a time; the last few bytes of a document are left alone.
    private mutating func skipPlain() {
        unsafe bytes.withUnsafeBytes { bytes in
            while position + 8 <= bytes.count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                let eight = EightBytes(word: UInt64(littleEndian: word))
                let special =
                    eight.equal(to: UInt8(ascii: "\"")) | eight.equal(to: UInt8(ascii: "\\")) | eight.below(0x20)
                    | eight.beyondASCII
                guard special == 0 else {
                    position += special.trailingZeroBitCount / 8
                    return
                }
                position += 8
            }
        }
    }

    private mutating func escape() throws(JSON.Failure) {
        guard position + 1 < bytes.count else { throw failure("a string has no end") }
        let letter = bytes[position + 1]
        if JSONEscapes.character(letter) != nil {
            position += 2
            return
        }
        guard letter == UInt8(ascii: "u"), let unit = JSONEscapes.unit(bytes[(position + 2)...].prefix(4)) else {
            throw failure("an escape that there is not")
        }
        switch unit {
        case 0xD800..<0xDC00:
            let second = bytes[(position + 6)...]
            guard second.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]),
                let low = JSONEscapes.unit(second.dropFirst(2).prefix(4)), 0xDC00..<0xE000 ~= low
            else { throw failure("half a surrogate pair") }
            position += 12
        case 0xDC00..<0xE000: throw failure("half a surrogate pair")
        default: position += 6
        }
    }

    /// Characters of more than one byte, which must be UTF-8 as Unicode has it: the shortest form, no surrogates.
    private mutating func multibyteCharacters() throws(JSON.Failure) {
        while position < bytes.count, bytes[position] >= 0x80 {
            let (length, second) =
                switch bytes[position] {
                case 0xC2...0xDF: (2, UInt8(0x80)...0xBF)
                case 0xE0: (3, UInt8(0xA0)...0xBF)
                case 0xE1...0xEC, 0xEE...0xEF: (3, UInt8(0x80)...0xBF)
                case 0xED: (3, UInt8(0x80)...0x9F)
                case 0xF0: (4, UInt8(0x90)...0xBF)
                case 0xF1...0xF3: (4, UInt8(0x80)...0xBF)
                case 0xF4: (4, UInt8(0x80)...0x8F)
                default: (0, UInt8(0x80)...0x80)
                }
            guard length > 0, position + length <= bytes.count, second ~= bytes[position + 1] else {
                throw failure("not UTF-8")
            }
            for offset in 2..<max(2, length) {
                guard bytes[position + offset] & 0xC0 == 0x80 else { throw failure("not UTF-8") }
            }
            position += length
        }
    }

    /// A whole number must fit in 64 bits; any other is rounded to the nearest double, which must not be infinite.
    mutating func number() throws(JSON.Failure) -> JSONToken {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        let wholeDigits = skipDigits()
        guard wholeDigits > 0, wholeDigits == 1 || bytes[first] != UInt8(ascii: "0") else {
            position = wholeDigits > 0 ? first : position
            throw failure("a number that is none")
        }
        var kind = JSONToken.Kind.integer
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            kind = .real
            position += 1
            guard skipDigits() > 0 else { throw failure("a number that is none") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            kind = .real
            position += 1
            if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) {
                position += 1
            }
            guard skipDigits() > 0 else { throw failure("a number that is none") }
        }
        let token = token(kind, from: start, to: position)
        let fits = kind == .integer ? integer(token) != nil : real(token)?.isFinite == true
        guard fits else {
            position = start
            throw failure("a number that does not fit")
        }
        return token
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
        return position - start
    }

    private func integer(_ token: JSONToken) -> Int64? { JSONDocument.integer(bytes[token.range]) }

    private func real(_ token: JSONToken) -> Double? { JSONDocument.real(bytes[token.range]) }
}

extension JSONDocument {
    /// Digits, maybe behind a minus sign, as a number; nil where it does not fit.
    static func integer(_ text: ArraySlice<UInt8>) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for digit in isNegative ? text.dropFirst() : text {
            let (tens, tensOverflow) = value.multipliedReportingOverflow(by: 10)
            let step = Int64(digit) - Int64(UInt8(ascii: "0"))
            let (sum, sumOverflow) =
                isNegative ? tens.subtractingReportingOverflow(step) : tens.addingReportingOverflow(step)
            if tensOverflow || sumOverflow { return nil }
            value = sum
        }
        return value
    }

    /// The nearest double: infinite where there is none.
    static func real(_ text: ArraySlice<UInt8>) -> Double? {
        Double(String(decoding: text, as: UTF8.self))
    }
}
