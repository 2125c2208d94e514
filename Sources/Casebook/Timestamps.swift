internal import Model

extension String {
    /// A date and a time of day so many days later, spelled as before; nil for anything else, a date alone included.
    ///
    /// By whole days only, so that the time of day, its fraction and its offset can stay as they are.
    func movedTimestamp(days: Int64) -> String? {
        if let date = Self.date(startOf: self, marked: true), utf8.count >= 16 {
            return Self.digits(of: date.later(days: days), marked: true) + dropFirst(10)
        }
        if let date = Self.date(startOf: self, marked: false), utf8.count == 16, last == "Z" {
            return Self.digits(of: date.later(days: days), marked: false) + dropFirst(8)
        }
        return movedRFC1123(days: days)
    }

    /// Seconds or milliseconds since 1970, so many days later; nil for a number that is plainly neither.
    func movedEpoch(days: Int64) -> String? {
        guard let number = Int64(self), utf8.allSatisfy(\.isDigit) else { return nil }
        switch utf8.count {
        case 10: return String(number + days * 86_400)
        case 13: return String(number + days * 86_400_000)
        default: return nil
        }
    }

    /// `2023-10-31T14:…` and `2023-10-31 14:…`, or `20231031T144710Z`.
    private static func date(startOf text: String, marked: Bool) -> Instant? {
        let characters = Array(text.utf8.prefix(marked ? 11 : 9))
        guard characters.count == (marked ? 11 : 9), "Tt ".utf8.contains(characters[characters.count - 1]) else {
            return nil
        }
        let digits = characters.dropLast().filter(\.isDigit)
        guard digits.count == 8 else { return nil }
        let date = String(decoding: digits, as: UTF8.self)
        return Instant(rfc3339: "\(date.prefix(4))-\(date.dropFirst(4).prefix(2))-\(date.suffix(2))T00:00:00Z")
    }

    private static func digits(of date: Instant, marked: Bool) -> String {
        let text = String(date.rfc3339.prefix(10))
        return marked ? text : text.replacing("-", with: "")
    }

    /// `Thu, 23 Jun 2022 19:03:44 GMT`.
    private func movedRFC1123(days: Int64) -> String? {
        let parts = split(separator: " ", omittingEmptySubsequences: false)
        guard
            parts.count == 6, let month = Self.months.firstIndex(of: String(parts[2])), parts[1].count == 2,
            parts[0].hasSuffix(","), let day = Int64(parts[1]), let year = Int64(parts[3]),
            let date = Instant(
                year: year, month: Int64(month) + 1, day: day, hour: 0, minute: 0, second: 0, microsecond: 0)
        else { return nil }
        let moved = date.later(days: days)
        let text = moved.rfc3339
        let monthName = Self.months[(Int(text.dropFirst(5).prefix(2)) ?? 1) - 1]
        let weekday = Self.weekdays[Int((moved.microseconds / 86_400_000_000 % 7 + 7) % 7)]
        return "\(weekday), \(text.dropFirst(8).prefix(2)) \(monthName) \(text.prefix(4)) \(parts[4]) \(parts[5])"
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// 1970 began on a Thursday.
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
}

extension Instant {
    fileprivate func later(days: Int64) -> Instant {
        advanced(byMilliseconds: days * 86_400_000)
    }
}
