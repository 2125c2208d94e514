internal import Model
internal import Wire

/// What a request brings as its proof: a code, and the account that it says it comes from.
struct Signature {
    /// Documented: `TSA`, the customer id, a colon, and the code in base64.
    static let accountHeader = "Authorization"

    /// Documented, with the bare code in base64. That it may have the other one's form as well is inferred: the page's
    /// description was not to be had in full.
    static let bareHeader = "X-TS-Authorization"

    /// HMAC-SHA256: 32 bytes.
    let code: [UInt8]
    /// One for each header that names one.
    private let accounts: [ArraySlice<UInt8>]

    /// Reads both headers, and none of the body.
    ///
    /// `Authorization` in another scheme is passed over where the other header is there: it is how a URL that was
    /// registered with a name and a password shows.
    init(of webhook: Webhook) throws(Refusal) {
        let headers = webhook.headers
        guard headers.count(of: Self.accountHeader) <= 1, headers.count(of: Self.bareHeader) <= 1 else {
            throw .forged(.repeated)
        }
        let bare = headers.value(of: Self.bareHeader)
        let account = headers.value(of: Self.accountHeader).flatMap { bare == nil || Self.isOfScheme($0) ? $0 : nil }
        var codes: [[UInt8]] = []
        var accounts: [ArraySlice<UInt8>] = []
        for value in [account, bare].compactMap({ $0 }) {
            guard let (name, code) = Self.parts(of: value), value == bare || name != nil else {
                throw .forged(.malformed)
            }
            codes.append(code)
            if let name { accounts.append(name) }
        }
        guard let code = codes.first else { throw .forged(.missing) }
        guard codes.allSatisfy({ Digest.matches($0, code) }) else { throw .forged(.mismatch) }
        self.code = code
        self.accounts = accounts
    }

    /// Whether every header that names an account names this one. Ids are GUIDs, whose case does not count (inferred).
    func names(account: String) -> Bool {
        accounts.allSatisfy { $0.elementsEqual(account.utf8, by: Self.isSameLetter) }
    }

    /// Whether a header's value begins as a signature of this vendor's does.
    static func isOfScheme(_ value: some Collection<UInt8>) -> Bool {
        afterScheme(value) != nil
    }

    /// The account, if any, and the code; nil where it has neither form.
    private static func parts(of value: ArraySlice<UInt8>) -> (account: ArraySlice<UInt8>?, code: [UInt8])? {
        guard let credentials = afterScheme(value) else { return decoded(value).map { (nil, $0) } }
        guard let colon = credentials.firstIndex(of: UInt8(ascii: ":")), colon != credentials.startIndex else {
            return nil
        }
        return decoded(credentials[credentials.index(after: colon)...]).map { (credentials[..<colon], $0) }
    }

    /// What stands behind the scheme's name and its blanks.
    private static func afterScheme<Value: Collection<UInt8>>(_ value: Value) -> Value.SubSequence? {
        let name = "tsa ".utf8
        guard value.prefix(name.count).elementsEqual(name, by: isSameLetter) else { return nil }
        return value.dropFirst(name.count).drop { $0 == UInt8(ascii: " ") }
    }

    private static func isSameLetter(_ one: UInt8, _ other: UInt8) -> Bool {
        one == other || one | 0x20 == other | 0x20 && UInt8(ascii: "a")...UInt8(ascii: "z") ~= one | 0x20
    }

    /// Documented: the standard alphabet, with padding.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let code = Base64.decode(text), code.count == 32 else { return nil }
        return code
    }
}
