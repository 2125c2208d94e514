internal import Model

extension MobileTextAlerts {
    /// `number-opt-in`: an end user agreed to be written to over a channel, by writing first.
    ///
    ///     {"fromNumber":"+15555550123","toNumber":"+15555550999","type":"rcs","timestamp":"2026-02-10T03:37:28.425Z"}
    ///
    /// (V3. V1 and V2 have `originationNumber`, `destinationNumber`, the channel in `optInType`, and the event in `type`.)
    ///
    /// Vendor's page: <https://developers.mobile-text-alerts.com/tutorials/webhooks> (read 2026-11-22). Its text calls the
    /// channel's field `optInType`, its table for V3 `type`; both are read, in every version.
    enum NumberOptIn {
        static func events(of payload: Payload) -> [Event] {
            let fields = payload.fields
            let fallback = payload.channel
            let word = word(in: fields)
            let user = payload.user(in: payload.sender)
            let to = payload.company(in: payload.recipient, as: "to")
            return [
                payload.reading.event(
                    .consent(Event.Consent(state: .optedIn, cause: .optIn)),
                    identity: identity(of: payload, user: user, word: word),
                    channel: channel(word: word, in: fields, fallback: fallback, of: payload.reading.source),
                    direction: .inbound, providerMessageId: nil, from: user, to: to, occurredAt: payload.occurredAt,
                    correlation: payload.correlation)
            ]
        }

        /// Whether the body says by one of the documented words that it is an opt-in. Another word may mean anything, even the
        /// opposite, and makes no opt-in of a body that is not called one.
        static func hasKnownWord(_ fields: Fields) -> Bool {
            channels[fields.peek("optInType") ?? ""] != nil || channels[fields.peek("type") ?? ""] != nil
        }

        /// The word for the channel: in `optInType`, else in `type` where that does not name the event.
        private static func word(in fields: Fields) -> String? {
            if let word = fields.peek("optInType"), !word.isEmpty { return fields.id("optInType") }
            guard let word = fields.peek("type"), MobileTextAlerts.Callback(word: word) == nil else { return nil }
            return fields.text("type")
        }

        /// The word's channel. An unknown word is kept as it is; without any it is the source's, or an iMessage identity's.
        private static func channel(
            word: String?, in fields: Fields, fallback: Channel, of source: Source
        ) -> Channel {
            guard let word else { return fallback == .imessage ? .imessage : source.channel ?? .unknown }
            if let channel = channels[word] { return channel }
            let name = fields.hasValue("optInType") ? "optInType" : "type"
            fields.putBack(name)
            fields.sight(name, word: word)
            return .unknown
        }

        /// The vendor gives no id, so in V3 its fields together stand for one: who, where, how and when.
        ///
        /// V1 and V2 have no time, and without it two opt-ins with an opt-out between them would be one. Their bodies are the
        /// same too, so the second is a duplicate all the same; but then the event says that its id is only the body's.
        private static func identity(of payload: Payload, user: Address?, word: String?) -> Reading.Identity {
            let fields = payload.fields
            guard let user, let time = fields.peek("timestamp"), !time.isEmpty else { return .body }
            // As they are in the body: what the configuration supplies may change, and the id may not.
            let to = fields.peek(payload.recipient) ?? fields.peek("senderName")
            return .vendor(id: user.raw, details: [to ?? "", word ?? "", time])
        }

        /// Documented.
        private static let channels: [String: Channel] = [
            "sms": .sms, "email": .email, "imessage": .imessage, "rcs": .rcs,
        ]
    }
}
