internal import Model

extension Telesign {
    /// `mo_email`: an end user unsubscribed from emails, or complained about one. It is no email.
    ///
    ///     {"reference_id":"0123456789ABCDEF0123456789ABCDEF","status":{…},"email":"name@example.com",
    ///      "content":{"end_user_action":{"template":"text","event":"unsubscribe"}},"sub_resource":"mo_email"}
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/reference/emailcallbacks> (read 2026-11-22).
    enum Email {
        static func events(of callback: Callback, on channel: Channel) -> [Event] {
            let id = callback.id
            let from = callback.root.text("email").map { Address(email: $0) }
            if from == nil { callback.warn("email", "missing") }
            // Under the id of one email its reader may unsubscribe and complain.
            let word = callback.root.objectIfAny("content")?.objectIfAny("end_user_action")?.peek("event")
            let identity = callback.identity(id, details: [from?.raw ?? "", word?.lowercased() ?? ""])
            return [
                callback.reading.event(
                    body(of: callback), identity: identity, channel: channel, direction: .inbound,
                    providerMessageId: id, from: from, to: callback.configuredCompany(on: channel),
                    occurredAt: callback.inboundTime(nil))
            ]
        }

        /// What the event is: a change of consent, or something of which nothing more is known.
        private static func body(of callback: Callback) -> Event.Body {
            let unknown = Event.Body.notice(kind: "email-event")
            guard let content = callback.root.object("content") else {
                callback.faultMissing("content", of: callback.root)
                return unknown
            }
            guard let action = content.object("end_user_action") else {
                callback.faultMissing("end_user_action", of: content)
                return unknown
            }
            // Documented: the name of the outbound message's template.
            action.keep("template")
            guard let word = action.text("event") else {
                callback.faultMissing("event", of: action)
                return unknown
            }
            guard let cause = cause(of: word) else {
                action.putBack("event")
                action.sight("event", word: word)
                return unknown
            }
            if word != cause.rawValue {
                action.putBack("event")
                callback.warn("event", of: action, "not in lower case")
            }
            // `handledByProvider` stays absent: the vendor does not say whether it sends no more by itself.
            return .consent(Event.Consent(state: .optedOut, cause: cause))
        }

        /// Documented, "such as": there may be more of them. That case does not count is inferred.
        private static func cause(of word: String) -> Event.Consent.Cause? {
            switch word.lowercased() {
            case "unsubscribe": .unsubscribe
            case "complaint": .complaint
            default: nil
            }
        }
    }
}
