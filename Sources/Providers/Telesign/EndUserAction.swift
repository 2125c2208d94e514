internal import Model

extension Telesign {
    /// `end_user_action`: a button that was tapped, or a message in which the vendor looked for keywords. RCS and WhatsApp.
    ///
    ///     {"end_user_action":{"action":"stop","iso_country_code":"US","keyword":"stop","text":"Stop"}}
    ///     {"end_user_action":{"postback_data":"abcd1234",
    ///      "original_reference_id":"0123456789ABCDEF0123456789ABCDEF","text":"Yes"}}
    ///
    /// All fields are documented, and most as required; the vendor's own examples leave some out, so none is asked for. That
    /// either kind may come with the fields of both is inferred.
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/openapi/engage-callbacks.json> (read 2026-11-22).
    enum EndUserAction {
        /// Adds what it says to a message.
        static func read(_ fields: Fields, into message: inout InboundMessage, of callback: Callback) {
            let text = fields.text("text")
            let payload = payload(in: fields, of: callback)
            let originalId = fields.id("original_reference_id")
            message.country = callback.country(of: fields)
            message.originalReferenceId = originalId
            message.keyword = KeywordVerdict.read(fields, text: text, country: message.country, of: callback)
            if payload != nil || originalId != nil || message.keyword == nil && text != nil {
                message.content.append(.choice(Content.Choice(text: text, payload: payload, choiceOf: originalId)))
            } else if let text {
                message.content.append(.text(text))
            }
        }

        /// Documented with a tab behind its name for WhatsApp, which is surely a slip: both are read.
        private static func payload(in fields: Fields, of callback: Callback) -> String? {
            if let payload = fields.text("postback_data") { return payload }
            guard let payload = fields.text("postback_data\t") else { return nil }
            callback.warn("postback_data", of: fields, "named with a tab behind it")
            return payload
        }
    }
}
