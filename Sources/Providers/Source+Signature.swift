internal import Model
internal import Wire

extension Source {
    /// The secret with which a body was signed, by HMAC-SHA256; nil where it was none of this source's.
    func secret(behind code: [UInt8], of body: [UInt8]) -> Secret? {
        secret { HMACSHA256(key: $0.key).isValid(code, for: body) }
    }

    /// The first secret that a check holds for.
    ///
    /// Every one is tried, also after one has matched, so that the time taken does not tell which one it was.
    func secret(where isRight: (Secret) -> Bool) -> Secret? {
        var matching: Secret?
        for secret in secrets {
            let isMatch = isRight(secret)
            matching = isMatch && matching == nil ? secret : matching
        }
        return matching
    }
}
