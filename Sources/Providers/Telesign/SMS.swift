internal import Model

extension Telesign {
    /// `mo_sms`: a text, in a shape of its own.
    ///
    ///     {"status":{…},"reference_id":"0123456789ABCDEF0123456789ABCDEF","user_response":{"sender_id":"4442",
    ///      "iso_country_code":"RS","action":"start","keyword":"start","phone_number":"11234567890","mo_message":"Start"},
    ///      "sub_resource":"mo_sms","errors":[],"submit_timestamp":"2023-10-31T14:47:10.154000Z"}
    ///
    /// Until 2022-11-01 there was no `action`: see ``KeywordVerdict``.
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/openapi/engage-callbacks.json> (read 2026-11-22).
    enum SMS {
        static func message(in callback: Callback) -> InboundMessage {
            let root = callback.root
            var message = InboundMessage()
            message.occurredAt = callback.moment("submit_timestamp", of: root)
            // Documented as an object and shown as an array, for now always empty.
            root.keep("errors")
            guard let response = root.object("user_response") else { return message }
            // Documented: where the vendor was asked to tell it.
            response.keep("price")
            if let text = response.text("mo_message") { message.content.append(.text(text)) }
            message.country = callback.country(of: response)
            message.keyword = KeywordVerdict.read(response, text: nil, country: message.country, of: callback)
            // Documented: the short or long code that the end user wrote to. That a long one has its country's code is
            // inferred: all other numbers of this vendor's have.
            message.to = callback.identifier("sender_id", of: response).map { Address(sender: $0) }
            if response.hasValue("phone_number") {
                message.from = callback.user(of: response, country: message.country)
            }
            return message
        }
    }
}
