internal import Model

extension MobileTextAlerts {
    /// `message-send`: the vendor handed a message of ours to a carrier.
    ///
    ///     {"fromNumber":"+15555550999","toNumber":"+15555550123","messageId":"123456789",
    ///      "externalId":"RequestId-4e0242e2-d101","message":"Your visit is at 10am",
    ///      "timestamp":"2026-02-10T03:37:28.425Z","tags":{"ABCompanyId":"4e0242e2-d101"}}
    ///
    /// (V3. V1 and V2 have `destinationNumber`, a `type` and no time; `messageId` is a string or a number in V1, a number in
    /// V2.)
    ///
    /// Vendor's page: <https://developers.mobile-text-alerts.com/tutorials/webhooks> (read 2026-11-22).
    enum MessageSend {
        static func events(of payload: Payload) -> [Event] {
            let id = payload.fields.id("messageId")
            let channel = payload.channel
            let user = payload.user(in: payload.recipient)
            let from = payload.company(in: payload.sender, as: "from")
            // One request to the vendor has one id and may have many recipients.
            let identity = payload.identity(id: id, details: [user?.raw] + payload.carriage)
            return [
                payload.reading.event(
                    .sent(Event.Message(content: payload.content())), identity: identity, channel: channel,
                    direction: .outbound, providerMessageId: id, from: from, to: user, occurredAt: payload.occurredAt,
                    correlation: payload.correlation)
            ]
        }
    }
}
