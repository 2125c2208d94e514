internal import Model

extension Telesign {
    /// Callbacks that are about neither a message nor an end user's will: all they say stays in the event's extra fields.
    enum Notices {
        /// A template was made, taken or turned down.
        ///
        ///     {"reference_id":"B56259E45884010488343BAA15FB0002","name":"WAMarketingTemplate1","channel":"whatsapp",
        ///      "language":["en_US"],"status":{"code":3850,"description":"Template successfully created",
        ///      "updated_on":"2022-09-21T14:05:36.181346Z"}}
        ///
        /// Vendor's page: <https://developer.telesign.com/enterprise/openapi/engage-callbacks.json> (read 2026-11-22).
        static func template(_ callback: Callback) -> [Event] {
            let root = callback.root
            root.keep("name", "channel", "language")
            let word = root.peek("channel")
            let channel = word.flatMap { Channel(telesign: $0) }
            if let word, channel == nil { root.sight("channel", word: word) }
            let status = callback.status
            let code = status.flatMap(callback.code)
            let time = status?.peek("updated_on")
            status?.putBack("code")
            status?.keep("description")
            return [
                notice(
                    "template", callback, named: [code, time], on: channel ?? .unknown,
                    at: status.flatMap { callback.moment("updated_on", of: $0) })
            ]
        }

        /// A transaction of the Verify API went on to its next state.
        ///
        ///     {"reference_id":"…","state":"…","created_on":"…","updated_on":"…","recipient":{…},"inner_methods":[…],
        ///      "verification_policy":[…]}
        ///
        /// (Documented are the names.)
        ///
        /// Vendor's page: <https://developer.telesign.com/enterprise/openapi/verify-api-callbacks.json> (read 2026-11-22).
        static func verify(_ callback: Callback) -> [Event] {
            let root = callback.root
            root.keep("created_on", "inner_methods", "recipient", "state", "verification_policy")
            let details = [root.peek("state"), root.peek("updated_on")]
            return [
                notice(
                    "verify", callback, named: details, on: callback.source.channel ?? .unknown,
                    at: callback.moment("updated_on", of: root))
            ]
        }

        /// One transaction is told of several times: what it was named by then is the state, and when it came to be.
        private static func notice(
            _ kind: String, _ callback: Callback, named details: [String?], on channel: Channel, at occurredAt: Instant?
        ) -> Event {
            let id = callback.id
            return callback.reading.event(
                .notice(kind: kind), identity: callback.identity(id, details: details.map { $0 ?? "" }),
                channel: channel,
                direction: .outbound, providerMessageId: id, from: nil, to: nil, occurredAt: occurredAt,
                correlation: Event.Correlation(externalId: callback.root.id("external_id")))
        }
    }
}
