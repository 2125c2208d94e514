extension String {
    /// Whether it can stand as it is in a path, a metric and a log line.
    var isIdentifier: Bool {
        !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
    }

    /// Whether neither a URL nor a header field spells any of it in another way: RFC 3986, 2.3.
    var isUnreserved: Bool {
        allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._~".contains($0)) }
    }
}
