internal import Model

extension Telesign {
    /// A time as the vendor's pages show them, and which of their forms it had.
    struct TelesignTime {
        let instant: Instant
        let form: Form

        enum Form {
            /// Documented for everything: `2023-10-31T14:47:10.490130Z`.
            case rfc3339
            /// Documented for Messaging: `2020-05-04 22:07:01:226`. It is taken for UTC, as all others are (inferred).
            case withoutZone
            /// In an example of SMS: `Thu, 23 Jun 2022 19:03:44 GMT`.
            case rfc1123
        }

        /// Nil for anything else.
        init?(_ text: String) {
            if let instant = Instant(rfc3339: text) {
                (self.instant, form) = (instant, .rfc3339)
            } else if let instant = Instant(withoutZone: text) {
                (self.instant, form) = (instant, .withoutZone)
            } else if let instant = Self.rfc1123(text) {
                (self.instant, form) = (instant, .rfc1123)
            } else {
                return nil
            }
        }

        private static func rfc1123(_ text: String) -> Instant? {
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 6, days.contains(parts[0]), parts[5] == "GMT" else { return nil }
            let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
            guard
                time.count == 3, let month = months.firstIndex(of: parts[2]), let day = number(parts[1]),
                let year = number(parts[3]), let hour = number(time[0]), let minute = number(time[1]),
                let second = number(time[2])
            else { return nil }
            return Instant(
                year: year, month: Int64(month) + 1, day: day, hour: hour, minute: minute, second: second,
                microsecond: 0)
        }

        private static func number(_ text: Substring) -> Int64? {
            let isNumber = [2, 4].contains(text.utf8.count) && text.utf8.allSatisfy(\.isDigit)
            return isNumber ? Int64(text) : nil
        }

        private static let days: [Substring] = ["Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,", "Sun,"]
        private static let months: [Substring] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
    }
}
