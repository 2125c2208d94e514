internal import Model
internal import Wire

extension Source {
    /// The secret with which a body was signed, by HMAC-SHA256; nil where it was none of this source's.
    ///
    /// Every one is tried, also after one has matched, so that the time taken does not tell which one it was.
    func secret(behind code: [UInt8], of body: [UInt8]) -> Secret? {
        var matching: Secret?
        for secret in secrets {
            let isValid = HMACSHA256(key: secret.key).isValid(code, for: body)
            matching = isValid && matching == nil ? secret : matching
        }
        return matching
    }
}
