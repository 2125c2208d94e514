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
        /// What ``accountHeader`` and ``bareHeader`` prove; nil for one that is absent or passed over.
        private let named: Proof?
        private let bare: Proof?

        /// A header's value, and where a code in base64 lies in it, and the account that is named beside it.
        private struct Proof {
            let value: ArraySlice<UInt8>
            let account: Range<Int>?
            let code: Range<Int>
        }

        /// Reads both headers, and none of the body.
        ///
        /// `Authorization` in another scheme is passed over where the other header is there: it is how a URL that was
        /// registered with a name and a password shows.
        init(of webhook: Webhook) throws(Refusal) {
            let headers = webhook.headers
            let (bareField, accountField) = (headers.first(Self.bareHeader), headers.first(Self.accountHeader))
            guard bareField?.isOnly ?? true, accountField?.isOnly ?? true else { throw .forged(.repeated) }
            let bare = try (bareField?.value).map(Self.proof)
            var named: Proof?
            if let value = accountField?.value, bare == nil || Self.isOfScheme(value) {
                named = try Self.proof(in: value)
                if named?.account == nil { throw .forged(.malformed) }
            }
            guard let proof = named ?? bare else { throw .forged(.missing) }
            code = try Self.decoded(proof)
            // Read strictly, a code has one spelling: other letters are another code, or none. Both are the sender's own, so
            // the time that this takes tells nothing.
            if let bare, bare.value[bare.code] != proof.value[proof.code] {
                _ = try Self.decoded(bare)
                throw .forged(.mismatch)
            }
            self.named = named
            self.bare = bare
        }

        /// Whether every header that names an account names this one. Ids are GUIDs, whose case does not count (inferred).
        func names(account: String) -> Bool {
            let account = account.utf8Span.span
            return Self.mayName(named, account) && Self.mayName(bare, account)
        }

        private static func mayName(_ proof: Proof?, _ account: Span<UInt8>) -> Bool {
            guard let proof, let name = proof.account else { return true }
            guard name.count == account.count else { return false }
            // By their places: to go through both as sequences takes a thousand instructions more at every request.
            for index in account.indices {
                guard isSameLetter(proof.value[name.lowerBound + index], account[index]) else { return false }
            }
            return true
        }

        /// Whether a header's value begins as a signature of this vendor's does.
        static func isOfScheme(_ value: ArraySlice<UInt8>) -> Bool {
            startAfterScheme(value) != nil
        }

        /// What a header's value proves, in either of its forms: `TSA`, the account, a colon and the code; or the code alone.
        private static func proof(in value: ArraySlice<UInt8>) throws(Refusal) -> Proof {
            guard let start = startAfterScheme(value) else {
                return Proof(value: value, account: nil, code: value.indices)
            }
            guard let colon = value[start...].firstIndex(of: UInt8(ascii: ":")), start < colon else {
                throw .forged(.malformed)
            }
            return Proof(value: value, account: start..<colon, code: colon + 1..<value.endIndex)
        }

        /// Where that begins which stands behind the scheme's name and its blanks.
        private static func startAfterScheme(_ value: ArraySlice<UInt8>) -> Int? {
            let start = value.startIndex
            guard
                value.count >= 4, isSameLetter(value[start], UInt8(ascii: "t")),
                isSameLetter(value[start + 1], UInt8(ascii: "s")), isSameLetter(value[start + 2], UInt8(ascii: "a")),
                value[start + 3] == UInt8(ascii: " ")
            else { return nil }
            return value[(start + 4)...].firstIndex { $0 != UInt8(ascii: " ") } ?? value.endIndex
        }

        private static func isSameLetter(_ one: UInt8, _ other: UInt8) -> Bool {
            one == other || one | 0x20 == other | 0x20 && UInt8(ascii: "a")...UInt8(ascii: "z") ~= one | 0x20
        }

        /// Documented: the standard alphabet, with padding.
        private static func decoded(_ proof: Proof) throws(Refusal) -> [UInt8] {
            guard let code = Base64.decode(proof.value[proof.code]), code.count == 32 else { throw .forged(.malformed) }
            return code
        }
    }
}
