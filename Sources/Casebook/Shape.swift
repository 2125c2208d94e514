internal import Wire

/// What a text looks like, whatever the field that it stands in.
enum Shape: Equatable {
    case email
    case url
    /// A number with marks between its digits, such as `+1 (555) 555-0123`.
    case punctuatedNumber
    /// Bytes in base64.
    case digest
    /// A file's name with an ending that says what the file is.
    case file
    /// Digits, many of them, with or without letters around.
    case longNumber
    case plain

    init(_ text: String) {
        self =
            if Self.isURL(text) {
                .url
            } else if Self.isEmail(text) {
                .email
            } else if Self.isPunctuatedNumber(text) {
                .punctuatedNumber
            } else if text.hasSuffix("="), text.utf8.count >= 16, Base64.decode(text) != nil {
                .digest
            } else if Self.ending(of: text) != nil {
                .file
            } else if text.utf8.count(where: \.isDigit) >= Substitutes.longNumberDigitsMin {
                .longNumber
            } else {
                .plain
            }
    }

    private static func isURL(_ text: String) -> Bool {
        guard let range = text.firstRange(of: "://"), range.lowerBound != text.startIndex else { return false }
        let scheme = text[..<range.lowerBound].utf8
        return scheme.allSatisfy { $0.isLetter || $0.isDigit || "+.-".utf8.contains($0) } && !text.contains(" ")
    }

    private static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && !text.contains { $0.isWhitespace }
    }

    private static func isPunctuatedNumber(_ text: String) -> Bool {
        let digits = text.utf8.count(where: \.isDigit)
        return (7...15).contains(digits) && digits < text.utf8.count
            && text.utf8.allSatisfy { $0.isDigit || "+()-./ ".utf8.contains($0) }
    }

    /// The ending of a file's name, with its dot; nil where there is none that is known, for it may be a part of a name.
    static func ending(of text: String) -> Substring? {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex, !text.contains(" ") else { return nil }
        let ending = text[dot...]
        return endings.contains(ending.dropFirst().lowercased()) ? ending : nil
    }

    private static let endings: Set<String> = [
        "jpg", "jpeg", "png", "gif", "webp", "bmp", "heic", "heif", "tif", "tiff", "avif", "svg", "mp4", "m4v", "mov",
        "3gp", "3gpp", "3g2", "webm", "avi", "mkv", "mpg", "mpeg", "mp3", "m4a", "aac", "amr", "wav", "ogg", "oga",
        "opus", "flac", "caf", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "rtf", "odt", "vcf",
        "ics", "bin", "zip", "json", "xml", "html",
    ]
}

/// A number as JSON spells it, taken apart.
struct NumberParts {
    let sign: Substring
    /// Digits before the point.
    let whole: Substring
    /// The point and the digits behind it.
    let fraction: Substring
    let exponent: Substring

    init?(_ text: String) {
        var rest = text[...]
        func take(_ isTaken: (Character) -> Bool) -> Substring {
            let taken = rest.prefix(while: isTaken)
            rest = rest.dropFirst(taken.count)
            return taken
        }
        func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
        sign = rest.hasPrefix("-") ? rest.prefix(1) : ""
        rest = rest.dropFirst(sign.count)
        whole = take(isDigit)
        let point = rest.hasPrefix(".") ? rest.prefix(1) : ""
        rest = rest.dropFirst(point.count)
        fraction = point + take(isDigit)
        exponent = rest
        guard !whole.isEmpty, exponent.isEmpty || exponent.lowercased().hasPrefix("e") else { return nil }
    }

    var digitCount: Int { whole.count + max(0, fraction.count - 1) }

    private var isWhole: Bool { fraction.isEmpty && exponent.isEmpty }

    /// As many other digits.
    func scrambled(by substitutes: inout Substitutes) -> String {
        guard isWhole else {
            return sign + substitutes.digits(String(whole + fraction), keepingZeros: true) + exponent
        }
        return sign + substitutes.number(String(whole))
    }

    /// Somewhere else on earth; what is not on earth stays beyond it.
    func coordinate(limit: Int, by substitutes: inout Substitutes) -> String {
        let degrees = Int(whole) ?? .max
        let isOnEarth = degrees < limit && exponent.isEmpty
        let wholePlace = isOnEarth ? substitutes.degrees(String(whole)) : String(whole)
        let point = fraction.prefix(1)
        return sign + wholePlace + point + substitutes.digits(String(fraction.dropFirst()), keepingZeros: true)
            + exponent
    }
}
