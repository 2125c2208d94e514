internal import Wire

extension Substitutes {
    /// A text of the same length in which every letter and digit is another one of its kind.
    ///
    /// The seed is without case, so that `Basta` and `basta` remain the same word. Rows of digits that are long enough to
    /// be a number are replaced as that number.
    mutating func text(_ original: String) -> String {
        if original.utf8.allSatisfy(\.isDigit) { return number(original) }
        let isHexadecimal = original.isHexadecimal
        var numbers: [(range: Range<String.Index>, substitute: String)] = []
        for run in isHexadecimal ? [] : original.longNumbers {
            let hasPlus = original[..<run.lowerBound].last == "+"
            numbers.append((run, number(String(original[run]), isInternational: hasPlus)))
        }
        return substitute(for: original, among: "text", seed: original.lowercased()) { chance in
            var result = ""
            var rest = numbers[...]
            var index = original.startIndex
            var isWithinNumber = false
            while index < original.endIndex {
                if let run = rest.first, run.range.lowerBound == index {
                    result += run.substitute
                    index = run.range.upperBound
                    rest.removeFirst()
                    continue
                }
                let scalar = original.unicodeScalars[index]
                let isFirstDigit = !isWithinNumber && scalar != "0"
                isWithinNumber = scalar.isASCIIDigit
                let isInPercent = original.isPercentEncoded(at: index)
                result.unicodeScalars.append(
                    chance.like(scalar, isHexadecimal: isHexadecimal || isInPercent, isFirstDigit: isFirstDigit))
                index = original.unicodeScalars.index(after: index)
            }
            return result
        }
    }

    /// A telephone number or an id of as many digits: zeros in front stay, and the country's code where it is certain.
    ///
    /// In North America the number is one of those kept for fiction, 555-01xx.
    mutating func number(_ digits: String, isInternational: Bool = false) -> String {
        let zeros = digits.prefix { $0 == "0" }
        let rest = digits.dropFirst(zeros.count)
        guard rest.count >= Self.longNumberDigitsMin - 1 else {
            return zeros + self.digits(String(rest), keepingZeros: false)
        }
        let hasCountryCode = zeros.isEmpty && (isInternational || (11...15).contains(rest.count))
        let countryCode = rest.prefix(hasCountryCode ? Self.countryCodeLength(of: rest) : 0)
        let subscriber = String(rest.dropFirst(countryCode.count))
        let isNorthAmerican = subscriber.count == 10 && (countryCode.isEmpty || countryCode == "1")
        let substitute = substitute(for: subscriber, among: "number") { chance in
            // Never above 8, so that no number of as many digits grows past what fits in 64 bits.
            var made = String(Character(chance.character(from: "2", to: "8")))
            if isNorthAmerican {
                made += "\(chance.digit())\(chance.digit())55501\(chance.digit())\(chance.digit())"
            }
            while made.count < subscriber.count { made.append(chance.digit()) }
            return made
        }
        return zeros + countryCode + substitute
    }

    /// As many other digits, whatever they mean; points stay.
    mutating func digits(_ original: String, keepingZeros: Bool) -> String {
        substitute(for: original, among: keepingZeros ? "fraction" : "digits") { chance in
            String(
                original.enumerated().map { index, character in
                    guard character.isNumber, !(character == "0" && (keepingZeros || index == 0)) else {
                        return character
                    }
                    return Character(chance.character(from: keepingZeros || index == 0 ? "1" : "0", to: "8"))
                })
        }
    }

    /// Whole degrees: as many digits, and no more than there are on earth.
    mutating func degrees(_ original: String) -> String {
        guard original != "0" else { return original }
        return substitute(for: original, among: "degrees") { chance in
            switch original.count {
            case 3: "1\(chance.character(from: "0", to: "7"))\(chance.digit())"
            case 2: "\(chance.character(from: "1", to: "8"))\(chance.digit())"
            default: "\(chance.character(from: "1", to: "8"))"
            }
        }
    }

    /// A number with marks between its digits, which stay where they are.
    mutating func punctuatedNumber(_ original: String) -> String {
        var digits = number(original.filter(\.isNumber), isInternational: original.hasPrefix("+"))[...]
        return String(original.map { $0.isNumber ? digits.removeFirst() : $0 })
    }

    mutating func email(_ original: String) -> String {
        let parts = original.split(separator: "@", maxSplits: 1)
        return text(String(parts[0])) + "@" + domain(String(parts[1]))
    }

    /// A file's name, its ending kept.
    mutating func file(_ original: String) -> String {
        let ending = Shape.ending(of: original) ?? ""
        return text(String(original.dropLast(ending.count))) + ending
    }

    /// As many other bytes in base64.
    mutating func digest(_ original: String) -> String {
        let count = Base64.decode(original)?.count ?? 0
        return substitute(for: original, among: "digest") { chance in
            Base64.encode((0..<count).map { _ in chance.byte() })
        }
    }

    /// A name under `.example`, which is nobody's (RFC 2606): of the same length where that is possible.
    mutating func domain(_ original: String) -> String {
        let isUpper = original.contains(where: \.isUppercase)
        let substitute = substitute(for: original.lowercased(), among: "domain") { chance in
            let count = max(1, original.count - Self.reservedDomain.count)
            return String((0..<count).map { _ in Character(chance.character(from: "a", to: "z")) })
                + Self.reservedDomain
        }
        return isUpper ? substitute.uppercased() : substitute
    }

    private static let reservedDomain = ".example"

    /// ITU-T E.164: one digit for zones 1 and 7, two for those below, three for all others.
    private static func countryCodeLength(of digits: Substring) -> Int {
        if digits.hasPrefix("1") || digits.hasPrefix("7") { return 1 }
        return codesOfTwoDigits.contains(String(digits.prefix(2))) ? 2 : 3
    }

    private static let codesOfTwoDigits: Set<String> = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51",
        "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86",
        "90",
        "91", "92", "93", "94", "95", "98",
    ]
}

extension Chance {
    /// Another character of the same kind, and of as many bytes in UTF-8; what is neither letter nor digit stays.
    fileprivate mutating func like(
        _ scalar: Unicode.Scalar, isHexadecimal: Bool, isFirstDigit: Bool
    ) -> Unicode.Scalar {
        switch scalar {
        case "0"..."9":
            return scalar == "0" && isFirstDigit ? scalar : character(from: isFirstDigit ? "1" : "0", to: "9")
        case "a"..."f" where isHexadecimal: return character(from: "a", to: "f")
        case "A"..."F" where isHexadecimal: return character(from: "A", to: "F")
        case "a"..."z": return character(from: "a", to: "z")
        case "A"..."Z": return character(from: "A", to: "Z")
        default: break
        }
        if scalar.isASCII { return scalar }
        if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue {
            let zero = scalar.value - UInt32(value)
            return Unicode.Scalar(zero + number(below: 10)) ?? scalar
        }
        guard scalar.properties.isAlphabetic else { return scalar }
        switch UTF8.width(scalar) {
        case 2: return character(from: "à", to: "ö")
        case 3: return character(from: "\u{4E00}", to: "\u{9FA5}")
        default: return character(from: "\u{20000}", to: "\u{2A6D6}")
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isASCIIDigit: Bool { "0"..."9" ~= self }
}

extension String {
    /// The rows of digits in it that are long enough to be a number.
    fileprivate var longNumbers: [Range<Index>] {
        var runs: [Range<Index>] = []
        var start: Index?
        for index in unicodeScalars.indices + [endIndex] {
            if index < endIndex, unicodeScalars[index].isASCIIDigit {
                start = start ?? index
            } else if let begin = start {
                if utf8.distance(from: begin, to: index) >= Substitutes.longNumberDigitsMin {
                    runs.append(begin..<index)
                }
                start = nil
            }
        }
        return runs
    }

    /// Whether it is an id in hexadecimal digits, hyphens between them or not.
    fileprivate var isHexadecimal: Bool {
        utf8.count >= 6 && utf8.contains(where: \.isDigit)
            && utf8.allSatisfy { $0.isHexDigit || $0 == UInt8(ascii: "-") }
    }

    /// Whether the digit at a place belongs to a `%` and two hexadecimal digits.
    fileprivate func isPercentEncoded(at index: Index) -> Bool {
        guard utf8[index].isHexDigit else { return false }
        return [1, 2].contains { distance in
            guard let mark = utf8.index(index, offsetBy: -distance, limitedBy: startIndex) else { return false }
            let digits = utf8[utf8.index(after: mark)...].prefix(2)
            return utf8[mark] == UInt8(ascii: "%") && digits.count == 2 && digits.allSatisfy(\.isHexDigit)
        }
    }
}
