internal import Model

extension MobileTextAlerts {
    /// `delivery-status`: what became of a message of ours. Several come for each message.
    ///
    ///     {"fromNumber":"+15555550999","toNumber":"+15555550123","messageId":"123456789",
    ///      "externalId":"RequestId-4e0242e2-d101","timestamp":"2026-02-10T03:37:28.425Z","status":4,
    ///      "tags":{"ABCompanyId":"4e0242e2-d101"},"type":"delivery-status"}
    ///
    /// (V3. V1 and V2 are the same as each other: `destinationNumber`, `messageId` as a number, and no time.)
    ///
    /// Vendor's page: <https://developers.mobile-text-alerts.com/tutorials/webhooks> (read 2026-11-22).
    enum DeliveryStatus {
        static func events(of payload: Payload) -> [Event] {
            let fields = payload.fields
            let id = fields.id("messageId")
            let channel = payload.channel
            let user = payload.user(in: payload.recipient)
            let from = payload.company(in: payload.sender, as: "from")
            let status = status(of: payload)
            // One request to the vendor has one id and may have many recipients, and each goes through several states.
            let identity = payload.identity(id: id, details: [user?.raw, status.providerCode] + payload.carriage)
            return [
                payload.reading.event(
                    .status(status), identity: identity, channel: channel, direction: .outbound, providerMessageId: id,
                    from: from, to: user, occurredAt: payload.occurredAt, correlation: payload.correlation)
            ]
        }

        /// V3 documents a number; V1 and V2 do not say. A number, its digits and its name all come to the same.
        private static func status(of payload: Payload) -> Event.Status {
            let fields = payload.fields
            guard let word = fields.id("status") else {
                if !fields.hasValue("status") { payload.warn("status", "missing") }
                return Event.Status(state: .unknown, isFinal: false)
            }
            guard let code = code(of: word) else {
                fields.sight("status", word: word)
                return Event.Status(state: .unknown, isFinal: false, providerCode: word)
            }
            let row = rows[code - 1]
            // A name in a spelling of its own is kept beside the documented one.
            if word != String(code), word != row.name { fields.putBack("status") }
            return Event.Status(
                state: row.state, isFinal: row.isFinal, providerCode: String(code), providerState: row.name)
        }

        /// Whether it is one of the documented codes, in whichever form.
        static func isKnown(_ word: String) -> Bool {
            code(of: word) != nil
        }

        private static func code(of word: String) -> Int? {
            if let code = Int(word) { return 1...rows.count ~= code && word == String(code) ? code : nil }
            let name = String(word.uppercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
            return rows.firstIndex { $0.name == name }.map { $0 + 1 }
        }

        /// The codes from 1 on. Code, name and the remark are documented; what is final is inferred: a message that is
        /// delivered or has failed changes no more, and one that nobody confirmed may still be confirmed.
        private static let rows: [(name: String, state: Event.Status.State, isFinal: Bool)] = [
            ("QUEUED", .queued, false),
            ("SENDING", .sending, false),
            // "provider sent to carrier"
            ("SENT", .sent, false),
            ("DELIVERED", .delivered, true),
            // "something failed on the provider end"
            ("SENDING_FAILED", .failed, true),
            // "sent to carrier, but failed to deliver"
            ("DELIVERY_FAILED", .failed, true),
            // "no response from carrier"
            ("DELIVERY_UNCONFIRMED", .unconfirmed, false),
            // "blocked by carrier"
            ("DELIVERY_REJECTED", .rejected, true),
            // "handset is turned off, out of coverage, or something else of that nature"
            ("UNDELIVERED", .undelivered, true),
            ("INVALID_NUMBER", .failed, true),
            ("STOPPED_NUMBER", .rejected, true),
            ("LANDLINE", .failed, true),
            // "blocked by provider"
            ("SEND_REJECTED", .rejected, true),
            // "carrier failed to acknowledge message"
            ("QUEUEING_FAILED", .failed, true),
        ]
    }
}
