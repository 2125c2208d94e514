/// A moment in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Nothing in this room reads a clock: an instant is handed in by whoever does.
public struct Instant: Sendable, Hashable, Comparable {
    /// Microseconds since the epoch; negative before 1970.
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public static func < (earlier: Instant, later: Instant) -> Bool {
        earlier.microseconds < later.microseconds
    }

    /// The moment so many milliseconds later; it stops at the last moment that can be told.
    public func advanced(byMilliseconds milliseconds: Int64) -> Instant {
        let (span, spanOverflow) = milliseconds.multipliedReportingOverflow(by: 1_000)
        let (sum, sumOverflow) = microseconds.addingReportingOverflow(span)
        guard !spanOverflow, !sumOverflow else {
            return Instant(microseconds: milliseconds < 0 ? .min : .max)
        }
        return Instant(microseconds: sum)
    }

    /// How many milliseconds this moment lies after an earlier one; negative where it lies before.
    public func milliseconds(since earlier: Instant) -> Int64 {
        let (span, overflow) = microseconds.subtractingReportingOverflow(earlier.microseconds)
        return overflow ? (self < earlier ? .min : .max) : span / 1_000
    }
}

// MARK: - RFC 3339

extension Instant {
    /// RFC 3339 in UTC with microseconds, such as `2026-02-10T03:37:28.425000Z`.
    ///
    /// Years outside 0 to 9999 have no such form; they are printed at the nearest end.
    public var rfc3339: String {
        var text = ByteWriter(capacity: 27)
        appendRFC3339(to: &text)
        return String(decoding: text.finish(), as: UTF8.self)
    }

    /// Appends the bytes of ``rfc3339``: 27 of them, always.
    func appendRFC3339(to text: inout ByteWriter) {
        let clamped = min(max(microseconds, Self.firstPrintable), Self.lastPrintable)
        let (seconds, micros) = clamped.flooredDivision(by: 1_000_000)
        let (days, secondOfDay) = seconds.flooredDivision(by: 86_400)
        let (year, month, day) = Self.civil(fromDays: days)
        var marks = InlineArray<27, UInt8>(repeating: 0)
        marks.put(twoDigitsOf: year / 100, at: 0)
        marks.put(twoDigitsOf: year, at: 2)
        marks[4] = UInt8(ascii: "-")
        marks.put(twoDigitsOf: month, at: 5)
        marks[7] = UInt8(ascii: "-")
        marks.put(twoDigitsOf: day, at: 8)
        marks[10] = UInt8(ascii: "T")
        marks.put(twoDigitsOf: secondOfDay / 3_600, at: 11)
        marks[13] = UInt8(ascii: ":")
        marks.put(twoDigitsOf: secondOfDay / 60 % 60, at: 14)
        marks[16] = UInt8(ascii: ":")
        marks.put(twoDigitsOf: secondOfDay % 60, at: 17)
        marks[19] = UInt8(ascii: ".")
        marks.put(twoDigitsOf: micros / 10_000, at: 20)
        marks.put(twoDigitsOf: micros / 100, at: 22)
        marks.put(twoDigitsOf: micros, at: 24)
        marks[26] = UInt8(ascii: "Z")
        text.append(marks.span)
    }

    /// Reads RFC 3339: a date, `T`, `t` or a space, a time, any number of fraction digits, and `Z` or an offset.
    ///
    /// Digits of a second beyond the sixth are cut. Nil for anything else, also for a date that no calendar has.
    public init?(rfc3339 text: String) {
        var scanner = DigitScanner(text)
        guard
            let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2), scanner.skip(oneOf: "T", "t", " "),
            let hour = scanner.number(digits: 2), scanner.skip(":"),
            let minute = scanner.number(digits: 2), scanner.skip(":"),
            let second = scanner.number(digits: 2)
        else { return nil }
        var micros: Int64 = 0
        if scanner.skip(".") {
            guard let fraction = scanner.fraction(digits: 6) else { return nil }
            micros = fraction
        }
        var offsetMinutes: Int64 = 0
        if !scanner.skip(oneOf: "Z", "z") {
            let isBehind = scanner.skip("-")
            guard
                isBehind || scanner.skip("+"), let hours = scanner.number(digits: 2), scanner.skip(":"),
                let minutes = scanner.number(digits: 2), hours < 24, minutes < 60
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (isBehind ? -1 : 1)
        }
        guard
            scanner.isAtEnd,
            let instant = Instant(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second, microsecond: micros)
        else { return nil }
        self.init(microseconds: instant.microseconds - offsetMinutes * 60_000_000)
    }

    /// A moment by the calendar, in UTC. A leap second (60) counts as the second after it. Nil where no calendar has it.
    public init?(
        year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64, microsecond: Int64
    ) {
        guard
            0...9999 ~= year, 1...12 ~= month, day >= 1, day <= Self.daysIn(month: month, year: year),
            0...23 ~= hour, 0...59 ~= minute, 0...60 ~= second, 0...999_999 ~= microsecond
        else { return nil }
        let seconds = Self.days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000 + microsecond)
    }

    private static let firstPrintable: Int64 = days(year: 0, month: 1, day: 1) * 86_400_000_000
    private static let lastPrintable: Int64 = days(year: 10_000, month: 1, day: 1) * 86_400_000_000 - 1

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 of a date in the Gregorian calendar, reckoned in years that begin in March.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = marchYear.flooredDivision(by: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date so many days after 1970-01-01: what ``days(year:month:day:)`` undoes.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

/// As RFC 3339.
extension Instant: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let instant = Instant(rfc3339: text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not a time"))
        }
        self = instant
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}

extension Int64 {
    /// Division that rounds down, so that a moment before 1970 has its day and its time of day too.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension InlineArray<27, UInt8> {
    /// Puts the last two digits of a number there that is not negative.
    fileprivate mutating func put(twoDigitsOf number: Int64, at place: Int) {
        let digits = UInt8(truncatingIfNeeded: number % 100)
        self[place] = UInt8(ascii: "0") + digits / 10
        self[place + 1] = UInt8(ascii: "0") + digits % 10
    }
}

/// Reads fixed runs of digits and single marks from a text, in order.
private struct DigitScanner {
    private let text: [UInt8]
    private var position = 0

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    var isAtEnd: Bool { position == text.count }

    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    mutating func skip(oneOf marks: Unicode.Scalar...) -> Bool {
        for mark in marks where skip(mark) { return true }
        return false
    }

    mutating func number(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// All digits that follow, at least one, as a number of so many digits: cut or filled with zeros at its end.
    mutating func fraction(digits: Int) -> Int64? {
        guard var number = digit() else { return nil }
        var count = 1
        while let digit = digit() {
            if count < digits {
                number = number * 10 + digit
                count += 1
            }
        }
        while count < digits {
            number *= 10
            count += 1
        }
        return number
    }

    private mutating func digit() -> Int64? {
        guard position < text.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[position] else { return nil }
        defer { position += 1 }
        return Int64(text[position] - UInt8(ascii: "0"))
    }
}
