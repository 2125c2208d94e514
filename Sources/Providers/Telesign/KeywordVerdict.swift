internal import Model

extension Telesign {
    /// The vendor's verdict on a message: `action`, and the `keyword` that it was found by.
    ///
    /// The vendor does the matching, and its verdict is taken as it is. Documented for SMS in lower case; for RCS and WhatsApp
    /// in upper case, and in lower case in the examples: so case does not count.
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/docs/inbound-sms-action-to-keyword-mapping>
    /// (read 2026-11-22).
    enum KeywordVerdict {
        /// Nil where there is none. The text is the message's, where it stands beside the verdict.
        static func read(_ fields: Fields, text: String?, country: String?, of callback: Callback) -> Keyword? {
            guard let word = fields.text("action") else {
                return readWithoutAction(fields, text: text, country: country, of: callback)
            }
            let action = action(of: word)
            if action == nil { fields.sight("action", word: word) }
            return keyword(action ?? .other, saying: word, found: fields.text("keyword"), text: text, country: country)
        }

        /// Documented: before 2022-11-01 there was no `action`, and `keyword` held it.
        ///
        /// Words of the vendor's list that stand there all the same are what the list says (inferred): the vendor found them,
        /// and an opt-out is not to be lost for want of a field.
        private static func readWithoutAction(
            _ fields: Fields, text: String?, country: String?, of callback: Callback
        ) -> Keyword? {
            guard let word = fields.text("keyword") else { return nil }
            if let action = action(of: word) {
                callback.warn("action", of: fields, "missing, read from keyword as before 2022-11-01")
                return keyword(action, saying: word, found: nil, text: text, country: country)
            }
            guard let action = listed(word) else {
                fields.sight("keyword", word: word)
                return keyword(.other, saying: nil, found: word, text: text, country: country)
            }
            callback.warn("action", of: fields, "missing, taken from the vendor's list of keywords")
            return keyword(action, saying: nil, found: word, text: text, country: country)
        }

        private static func keyword(
            _ action: Keyword.Action, saying word: String?, found: String?, text: String?, country: String?
        ) -> Keyword {
            Keyword(
                action: action, rawAction: word == action.rawValue ? nil : word, keyword: found, text: text,
                country: country, detectedBy: .provider, match: .provider)
        }

        /// Documented: these four.
        private static func action(of word: String) -> Keyword.Action? {
            switch word.lowercased() {
            case "stop": .stop
            case "start": .start
            case "help": .help
            case "generic": .generic
            default: nil
            }
        }

        /// Documented: the keywords of each action, those beside that are spelled like their action; the French word for stop on
        /// one page as `ARREST`.
        private static func listed(_ word: String) -> Keyword.Action? {
            switch word.lowercased() {
            case "arrêt", "arret", "arrest", "cancel", "end", "quit", "unsubscribe": .stop
            case "aide", "contact", "info": .help
            default: nil
            }
        }
    }
}
