internal import Model

extension Address {
    /// An address that the vendor documents as a full number: digits with country code, with or without `+`.
    ///
    /// What is too short for that is a short code, what has letters is a name, and what is neither is kept as it is.
    init(international raw: String, country: String? = nil) {
        let digits = raw.hasPrefix("+") ? raw.dropFirst() : raw[...]
        switch Self.form(of: raw) {
        case .digits where (7...15).contains(digits.utf8.count):
            self.init(kind: .phone, value: "+" + digits, raw: raw, country: country)
        case .digits where !raw.hasPrefix("+") && (3...6).contains(digits.utf8.count):
            self.init(kind: .shortCode, value: raw, raw: raw, country: country)
        case .name:
            self.init(kind: .alphanumeric, value: raw, raw: raw, country: country)
        default:
            self.init(kind: .unknown, value: raw, raw: raw, country: country)
        }
    }

    /// An address that may be a national number: E.164 only where it begins with `+` or the calling code is configured.
    init(national raw: String, callingCode: String?, country: String? = nil) {
        let isBareNumber = Self.form(of: raw) == .digits && !raw.hasPrefix("+")
        guard isBareNumber, (7...14).contains(raw.utf8.count) else {
            self.init(international: raw, country: country)
            return
        }
        guard let callingCode else {
            self.init(kind: .phone, value: raw, raw: raw, country: country)
            return
        }
        // A number that already carries its country's code: eleven digits that begin with 1, in North America; elsewhere more
        // digits than a country's own numbers have (inferred).
        let carriesCode =
            raw.hasPrefix(callingCode) && (callingCode == "1" ? raw.utf8.count == 11 : raw.utf8.count > 11)
        // A trunk zero is dialled within a country and has no place behind its calling code; in Italy it is part of the number.
        let hasTrunkZero = raw.hasPrefix("0") && !["1", "39"].contains(callingCode)
        let significant = hasTrunkZero ? raw.drop { $0 == "0" } : raw[...]
        self.init(
            kind: .phone, value: "+" + (carriesCode ? raw[...] : callingCode + significant), raw: raw, country: country)
    }

    /// What the company sends from, where numbers have their country's code: short codes may have up to eight digits.
    init(sender raw: String) {
        guard Self.form(of: raw) == .digits, (7...8).contains(raw.utf8.count), !raw.hasPrefix("+") else {
            self.init(international: raw)
            return
        }
        self.init(kind: .shortCode, value: raw, raw: raw)
    }

    /// An email address, its domain in lower case; anything without a domain is kept as it is.
    init(email raw: String) {
        guard let at = raw.lastIndex(of: "@"), at != raw.startIndex, raw.index(after: at) != raw.endIndex else {
            self.init(kind: .unknown, value: raw, raw: raw)
            return
        }
        self.init(kind: .email, value: raw[...at] + raw[raw.index(after: at)...].lowercased(), raw: raw)
    }

    /// The company's own address as the configuration gives it.
    init(configured raw: String) {
        if raw.contains("@") { self.init(email: raw) } else { self.init(international: raw) }
    }

    private enum Form {
        case digits, name, other
    }

    /// Digits (a `+` before them allowed), a sender's name as networks carry it, or neither.
    private static func form(of raw: String) -> Form {
        let digits = raw.hasPrefix("+") ? raw.dropFirst() : raw[...]
        if !digits.isEmpty, digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) { return .digits }
        let isName =
            (1...11).contains(raw.count) && raw.contains { $0.isLetter }
            && raw.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || " ._-&".contains($0)) }
        return isName ? .name : .other
    }
}
