import CCurl

/// The address that events are posted to, looked at once, by the parser of the library that will connect to it.
struct HTTPAddress: Equatable {
    let url: String
    let isSecure: Bool
    /// The host, and the port where it is not the usual one: what the field `Host` says.
    let authority: String
    /// Path and query: what the request line says.
    let target: String

    init(_ url: String) throws(SinkError) {
        guard url.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw .badSetting("the address holds blanks or marks that no address has")
        }
        guard let parser = unsafe curl_url() else { throw .unavailable("memory could not be had") }
        defer { unsafe curl_url_cleanup(parser) }
        guard unsafe curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK else {
            throw .badSetting("the address is not a URL")
        }
        guard let scheme = unsafe Self.part(CURLUPART_SCHEME, of: parser), scheme == "https" || scheme == "http" else {
            throw .badSetting("the address must begin with https:// or http://")
        }
        // The parser forgives a slash too few or too many, and takes what was meant as the path for the host.
        let rest = url.dropFirst(scheme.count)
        guard
            let host = unsafe Self.part(CURLUPART_HOST, of: parser), !host.isEmpty, rest.hasPrefix("://"),
            !rest.hasPrefix(":///")
        else {
            throw .badSetting("the address names no host")
        }
        // A name before an @ may be taken for the host by whoever reads it, and a password there ends up in logs.
        guard unsafe Self.part(CURLUPART_USER, of: parser) == nil,
            unsafe Self.part(CURLUPART_PASSWORD, of: parser) == nil
        else {
            throw .badSetting("the address holds a user's name: send it in a header instead")
        }
        let port = unsafe Self.part(CURLUPART_PORT, of: parser)
        let isUsual = port == nil || port == (scheme == "https" ? "443" : "80")
        let path = unsafe Self.part(CURLUPART_PATH, of: parser) ?? "/"
        let query = unsafe Self.part(CURLUPART_QUERY, of: parser)
        authority = isUsual ? host : "\(host):\(port ?? "")"
        target = path + (query.map { "?" + $0 } ?? "")
        // The parser undoes what was written in percent signs in a host.
        guard (authority + target).utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw .badSetting("the address holds blanks or marks that no address has")
        }
        isSecure = scheme == "https"
        self.url = url
    }

    private static func part(_ part: CURLUPart, of parser: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(parser, part, &text, 0) == CURLUE_OK, let text = unsafe text else { return nil }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }
}
