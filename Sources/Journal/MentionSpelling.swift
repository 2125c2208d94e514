/// How a person's address is looked for.
enum MentionSpelling {
    /// How it may stand in a body that nobody understood, in lower case: of a telephone number the last ten digits, for what
    /// stands before them is not always there.
    static func inBodies(_ text: String) -> String {
        let digits = text.filter { $0.isASCII && $0.isNumber }
        let isPhone = text.hasPrefix("+") && digits.count == text.count - 1 && digits.count >= 7
        return isPhone ? String(digits.suffix(10)) : text.lowercased()
    }
}
