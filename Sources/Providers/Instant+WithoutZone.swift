internal import Model

extension Instant {
    /// A date and a time in UTC that does not say so; behind the seconds a colon or a full stop and their fraction.
    init?(withoutZone text: String) {
        guard text.utf8.count >= 19 else { return nil }
        let end = text.utf8.index(text.startIndex, offsetBy: 19)
        let fraction = text[end...]
        self.init(rfc3339: fraction.hasPrefix(":") ? "\(text[..<end]).\(fraction.dropFirst())Z" : text + "Z")
    }
}
