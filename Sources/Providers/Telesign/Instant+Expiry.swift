internal import Model

extension Instant {
    /// When an address stops working, where its query says so in the way of one of the stores that vendors keep files in.
    ///
    /// CloudFront: `Expires=` and seconds since 1970, as in the vendor's example. S3: `X-Amz-Date=20231013T114600Z` and
    /// `X-Amz-Expires=` with seconds from then on (inferred; it is the same house's other way).
    init?(expiryOf url: String) {
        let bytes = Array(url.utf8)
        guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        var rest = bytes[(mark + 1)...].prefix { $0 != UInt8(ascii: "#") }
        var signedAt: Instant?
        var lifetime: Int64?
        // One field after another, for the first one often tells.
        while !rest.isEmpty {
            let field = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[field.endIndex...].dropFirst()
            if let seconds = Self.value(of: "Expires=", in: field).flatMap(Self.seconds) {
                self.init(microseconds: seconds * 1_000_000)
                return
            }
            if let date = Self.value(of: "X-Amz-Date=", in: field) {
                signedAt = Self.basic(date)
            } else if let seconds = Self.value(of: "X-Amz-Expires=", in: field) {
                lifetime = Self.seconds(seconds)
            }
        }
        guard let signedAt, let lifetime else { return nil }
        self = signedAt.advanced(byMilliseconds: lifetime * 1_000)
    }

    private static func value(of name: String, in field: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        field.starts(with: name.utf8) ? field.dropFirst(name.utf8.count) : nil
    }

    private static func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
        guard (1...11).contains(text.count), text.allSatisfy(\.isDigit) else { return nil }
        return text.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// ISO 8601 without its marks: `20231013T114600Z`.
    private static func basic(_ text: ArraySlice<UInt8>) -> Instant? {
        guard text.count == 16 else { return nil }
        var marked: [UInt8] = []
        for (index, mark) in text.enumerated() {
            if index == 4 || index == 6 { marked.append(UInt8(ascii: "-")) }
            if index == 11 || index == 13 { marked.append(UInt8(ascii: ":")) }
            marked.append(mark)
        }
        return Instant(rfc3339: String(decoding: marked, as: UTF8.self))
    }
}
