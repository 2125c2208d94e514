/// Durations and sizes as people write them: `250ms`, `10s`, `5m`, `1h`, `30d`; `512`, `64KiB`, `256MiB`, `20GiB`.
enum Quantity {
    /// Milliseconds; nil where the text is no duration.
    static func milliseconds(_ text: String) -> Int64? {
        measure(text, units: ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000])
    }

    /// Bytes; nil where the text is no size.
    static func bytes(_ text: String) -> Int64? {
        measure(
            text,
            units: [
                "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
                "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
            ])
    }

    private static func measure(_ text: String, units: [String: Int64]) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }
}
