internal import Model

/// What a `Retry-After` field asks for (RFC 9110, 10.2.3): a number of seconds, or a date.
struct RetryAfter: Equatable {
    let waitMs: Int64

    /// Nil for whatever is neither. A date that has passed asks for no wait.
    init?(_ field: String, at now: Instant) {
        let words = field.split(whereSeparator: \.isWhitespace)
        if words.count == 1, words[0].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
            let (product, overflow) = (Int64(words[0]) ?? .max).multipliedReportingOverflow(by: 1_000)
            waitMs = overflow ? .max : product
        } else if let date = HTTPDate(field, at: now) {
            waitMs = max(0, date.instant.milliseconds(since: now))
        } else {
            return nil
        }
    }
}

/// A date as HTTP writes it, in its present form or in one of the two old ones (RFC 9110, 5.6.7):
///
///     Sun, 06 Nov 1994 08:49:37 GMT
///     Sunday, 06-Nov-94 08:49:37 GMT
///     Sun Nov  6 08:49:37 1994
///
/// The day of the week is not looked at.
struct HTTPDate: Equatable {
    let instant: Instant

    init?(_ text: String, at now: Instant) {
        let marks = text.split { $0.isWhitespace || $0 == "," || $0 == "-" }
        let words = marks.dropFirst().map(String.init)
        let fields: (day: String, month: String, year: String, time: String)
        if words.count == 5, words[4] == "GMT" {
            fields = (words[0], words[1], words[2], words[3])
        } else if words.count == 4 {
            fields = (words[1], words[0], words[3], words[2])
        } else {
            return nil
        }
        let clock = fields.time.split(separator: ":", omittingEmptySubsequences: false).map { Self.number($0, 2...2) }
        guard
            let day = Self.number(fields.day, 1...2), let month = Self.months.firstIndex(of: fields.month),
            let year = Self.number(fields.year, 4...4) ?? Self.recentYear(fields.year, at: now),
            clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
            let instant = Instant(
                year: year, month: Int64(month) + 1, day: day, hour: hour, minute: minute, second: second,
                microsecond: 0)
        else { return nil }
        self.instant = instant
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func number(_ text: some StringProtocol, _ digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        return Int64(text)
    }

    /// A year of two digits: of those that end so, the last that lies no more than 50 years ahead.
    private static func recentYear(_ text: String, at now: Instant) -> Int64? {
        guard let ending = number(text, 2...2), let thisYear = Int64(now.rfc3339.prefix(4)) else { return nil }
        let farthest = thisYear + 50
        return farthest - (farthest - ending) % 100
    }
}
