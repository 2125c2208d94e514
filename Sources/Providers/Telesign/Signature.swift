internal import Model
internal import Wire

extension Telesign {
    /// What a request brings as its proof: a code, and the account that it says it comes from.
    struct Signature {
        /// Documented: `TSA`, the customer id, a colon, and the code in base64.
        static let accountHeader = "Authorization"

        /// Documented, with the bare code in base64. That it may have the other one's form as well is inferred: the page's
        /// description was not to be had in full.
        static let bareHeader = "X-TS-Authorization"

        /// HMAC-SHA256: 32 bytes.
        let code: [UInt8]
        /// The account that each header names.
        private let namedAccount: ArraySlice<UInt8>?
        private let bareAccount: ArraySlice<UInt8>?

        /// A code in base64, and the account that is named beside it.
        private struct Proof {
            let account: ArraySlice<UInt8>?
            let code: ArraySlice<UInt8>
        }

        /// Reads both headers, and none of the body.
        ///
        /// `Authorization` in another scheme is passed over where the other header is there: it is how a URL that was
        /// registered with a name and a password shows.
        init(of webhook: Webhook) throws(Refusal) {
            let headers = webhook.headers
            guard headers.count(of: Self.accountHeader) <= 1, headers.count(of: Self.bareHeader) <= 1 else {
                throw .forged(.repeated)
            }
            let bare = try headers.value(of: Self.bareHeader).map(Self.proof)
            var named: Proof?
            if let value = headers.value(of: Self.accountHeader), bare == nil || Self.isOfScheme(value) {
                named = try Self.proof(in: value)
                if named?.account == nil { throw .forged(.malformed) }
            }
            guard let proof = named ?? bare else { throw .forged(.missing) }
            code = try Self.decoded(proof.code)
            // Read strictly, a code has one spelling: other letters are another code, or none. Both are the sender's own, so
            // the time that this takes tells nothing.
            if let bare, !bare.code.elementsEqual(proof.code) {
                _ = try Self.decoded(bare.code)
                throw .forged(.mismatch)
            }
            namedAccount = named?.account
            bareAccount = bare?.account
        }

        /// Whether every header that names an account names this one. Ids are GUIDs, whose case does not count (inferred).
        func names(account: String) -> Bool {
            let account = account.utf8Span.span
            return Self.isSame(namedAccount, account) && Self.isSame(bareAccount, account)
        }

        private static func isSame(_ name: ArraySlice<UInt8>?, _ account: Span<UInt8>) -> Bool {
            guard let name else { return true }
            guard name.count == account.count else { return false }
            let start = name.startIndex
            for index in account.indices where !isSameLetter(name[start + index], account[index]) { return false }
            return true
        }

        /// Whether a header's value begins as a signature of this vendor's does.
        static func isOfScheme(_ value: some Collection<UInt8>) -> Bool {
            afterScheme(value) != nil
        }

        /// What a header's value proves, in either of its forms: `TSA`, the account, a colon and the code; or the code alone.
        private static func proof(in value: ArraySlice<UInt8>) throws(Refusal) -> Proof {
            guard let credentials = afterScheme(value) else { return Proof(account: nil, code: value) }
            guard let colon = credentials.firstIndex(of: UInt8(ascii: ":")), colon != credentials.startIndex else {
                throw .forged(.malformed)
            }
            return Proof(account: credentials[..<colon], code: credentials[(colon + 1)...])
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
        private static func decoded(_ text: ArraySlice<UInt8>) throws(Refusal) -> [UInt8] {
            guard let code = Base64.decode(text), code.count == 32 else { throw .forged(.malformed) }
            return code
        }
    }
}
