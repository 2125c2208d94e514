/// What a member's name says of its value, for whoever replaces what is personal.
///
/// A name is only ever a reason to keep something: what is under an unknown name is replaced.
enum MemberRole: Equatable {
    /// One of the vendor's words or codes.
    case word
    /// A sentence from the vendor's tables.
    case phrase
    /// An amount, a size, a count.
    case measure
    case time
    case latitude
    case longitude
    /// Anything else, tags first of all.
    case anything

    init(_ place: JSONWalk.Place) {
        let name = Self.plain(place.name)
        let enclosing = place.enclosing.map(Self.plain)
        self =
            if enclosing.contains("tags") {
                .anything
            } else if Self.words.contains(name) {
                .word
            } else if name == "description", !Self.describing.isDisjoint(with: enclosing) {
                .phrase
            } else if Self.measures.contains(where: name.hasSuffix) {
                .measure
            } else if name == "latitude" || name == "lat" {
                .latitude
            } else if ["longitude", "lon", "lng"].contains(name) {
                .longitude
            } else if name.contains("time") || Self.timeEndings.contains(where: place.name.hasSuffix) {
                .time
            } else {
                .anything
            }
    }

    /// Without case and marks.
    private static func plain(_ name: String) -> String {
        name.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    private static let words: Set<String> = [
        "action", "category", "channel", "channelstatus", "code", "codestate", "contenttype", "country", "currency",
        "direction", "errorcode", "event", "eventtype", "isocountrycode", "keyword", "language", "lastchannel",
        "method",
        "mimetype", "object", "optintype", "reason", "state", "status", "subresource", "type", "version",
    ]

    private static let describing: Set<String> = ["status", "errors", "channelstatus"]

    private static let measures = [
        "size", "bytes", "count", "duration", "length", "segments", "price", "amount", "attempt",
    ]

    private static let timeEndings = ["_on", "_at", "On", "At", "Date", "date", "expires", "Expires"]
}

extension String {
    /// A longer row of digits is no code but somebody's number.
    static let vendorsDigitsMax = 5

    /// Whether it may be a word or a code of the vendor's: short, without blanks, and no one's name or number.
    var isVendorsWord: Bool {
        guard utf8.count <= 64, utf8.count(where: \.isDigit) <= Self.vendorsDigitsMax else { return false }
        let word = split(separator: ";", omittingEmptySubsequences: false).first ?? ""
        let isWord = !word.isEmpty && word.utf8.allSatisfy { $0.isLetter || $0.isDigit || "_-./+".utf8.contains($0) }
        // A media type may have parameters behind it.
        return isWord && (word.utf8.count == utf8.count || word.utf8.contains(UInt8(ascii: "/")))
    }

    /// Whether it may be a sentence of the vendor's: letters and blanks, and no digits.
    var isVendorsPhrase: Bool {
        utf8.count <= 96 && utf8.allSatisfy { $0.isLetter || " .,-()'".utf8.contains($0) }
    }
}

extension UInt8 {
    var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

    var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }

    var isHexDigit: Bool { isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self | 0x20 }

    /// Whether it may stand in a number.
    var isOfNumber: Bool { isDigit || self == UInt8(ascii: ".") || self == UInt8(ascii: "-") }
}
