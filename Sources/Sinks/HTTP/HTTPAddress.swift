import CCurl

/// The address that events are posted to, looked at once, by the same parser that will use it.
struct HTTPAddress: Equatable {
    let url: String

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
        self.url = url
    }

    private static func part(_ part: CURLUPart, of parser: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(parser, part, &text, 0) == CURLUE_OK, let text = unsafe text else { return nil }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }
}
