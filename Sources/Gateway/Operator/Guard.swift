internal import Model

/// What stands before the operator's page and what it asks.
enum Guard {
    /// Whether a request names us by a number, by `localhost`, or by a name that the operator gave.
    ///
    /// A page from elsewhere can have its own name lead to us (DNS rebinding); then its name stands here, and not ours.
    static func isForUs(_ request: Webhook, hosts: Set<String>) -> Bool {
        guard let host = request.headers.sole("Host") else { return false }
        let name = withoutPort(host.lowercased())
        return name == "localhost" || isNumeric(name) || hosts.contains(name)
    }

    /// Whether a request that a page sends comes from our own page: then its origin is the host it was sent to. What is no
    /// browser names no origin.
    static func isFromUs(_ request: Webhook) -> Bool {
        guard let origin = request.headers["Origin"] else { return true }
        let own = request.headers["Host"] ?? ""
        return origin.lowercased() == "http://\(own.lowercased())"
            || origin.lowercased() == "https://\(own.lowercased())"
    }

    private static func withoutPort(_ host: String) -> String {
        guard let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") else { return host }
        return String(host[..<colon])
    }

    private static func isNumeric(_ name: String) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Nothing is loaded from elsewhere, nothing is run that is not a file of ours, and nobody puts us in a frame.
    static let headers = [
        Reply.Header(
            name: "Content-Security-Policy",
            value: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        Reply.Header(name: "X-Content-Type-Options", value: "nosniff"),
        Reply.Header(name: "Referrer-Policy", value: "no-referrer"),
        Reply.Header(name: "Cross-Origin-Opener-Policy", value: "same-origin"),
        Reply.Header(name: "Cross-Origin-Resource-Policy", value: "same-origin"),
        Reply.Header(name: "Cache-Control", value: "no-store"),
    ]
}

extension Reply {
    /// The same with these fields besides.
    func adding(_ headers: [Header]) -> Reply {
        Reply(
            status: status, contentType: contentType, body: body, headers: self.headers + headers, closes: closes)
    }
}
