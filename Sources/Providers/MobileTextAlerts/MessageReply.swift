internal import Model

extension MobileTextAlerts {
    /// `message-reply`: an end user wrote to one of our numbers or iMessage identities.
    ///
    ///     {"originationNumber":"5555550123","destinationNumber":5555550999,"message":"STOP","messageId":987654321,
    ///      "externalId":"RequestId-4e0242e2-d101","previousMessageId":"123456789","isOptOutMessage":true,
    ///      "tags":{"ABCompanyId":"4e0242e2-d101"},"type":"message-reply"}
    ///
    /// (V1; V2 has `destinationNumber` as a string. For V3 see ``MobileTextAlerts``.)
    ///
    /// Vendor's page: <https://developers.mobile-text-alerts.com/tutorials/webhooks> (read 2026-11-22).
    enum MessageReply {
        static func events(of payload: Payload) -> [Event] {
            let fields = payload.fields
            let channel = payload.channel
            let id = id(of: payload)
            let identity = payload.identity(id: id)
            let content = payload.content()
            let verdict = Verdict(on: content, of: payload)
            let message = payload.reading.event(
                .received(Event.Message(content: content, keyword: verdict.keyword)), identity: identity,
                channel: channel, direction: .inbound, providerMessageId: id,
                from: payload.user(in: payload.sender), to: payload.company(in: payload.recipient, as: "to"),
                occurredAt: payload.occurredAt, correlation: payload.correlation)
            if verdict.isFlagFalse { fields.putBack("isOptOutMessage") }
            guard let consent = verdict.consent else { return [message] }
            return [message, payload.reading.consent(consent, following: message, identity: identity)]
        }

        /// Documented: `replyId` in V3, `messageId` in V1 and V2. V3 also has a `messageId`, which may be missing, of the same
        /// message: it stands in where there is no `replyId`, and else stays in the event's extra fields.
        private static func id(of payload: Payload) -> String? {
            guard payload.version == .v3 else { return payload.fields.id("messageId") }
            guard let id = payload.fields.id("replyId") else {
                guard let id = payload.fields.id("messageId") else { return nil }
                payload.warn("replyId", "missing, messageId stands in")
                return id
            }
            payload.fields.keep("messageId")
            return id
        }

        /// Whether the message asks to be left alone, to hear again or for help, and who says so.
        private struct Verdict {
            var keyword: Keyword?
            var consent: Event.Consent?
            /// The vendor said that this is no opt-out, for which the model has no place.
            var isFlagFalse = false

            /// The vendor's flag decides about opting out wherever it is there: documented for V1 and V2, and V3 has none.
            ///
            /// The rest is for the source's words. `handledByProvider` stays absent: the vendor keeps a list of those who
            /// unsubscribed, but does not say that this message put anybody on it.
            init(on content: [Content], of payload: Payload) {
                let flag = payload.fields.bool("isOptOutMessage")
                isFlagFalse = flag == false
                if flag == true {
                    keyword = Keyword(action: .stop, detectedBy: .provider, match: .provider)
                    consent = Event.Consent(state: .optedOut, cause: .optOutFlag)
                    return
                }
                guard case .text(let text)? = content.first else { return }
                if AutomaticText.isIn(text) {
                    payload.findings.warn("the vendor's own automatic text, and no words of an end user")
                    return
                }
                guard let found = payload.reading.source.keywords?.keyword(in: text) else { return }
                if found.action == .stop, flag == false {
                    payload.warn("isOptOutMessage", "false, though the message is a word for stop")
                    return
                }
                keyword = found
                switch found.action {
                case .stop: consent = Event.Consent(state: .optedOut, cause: .keyword)
                case .start: consent = Event.Consent(state: .optedIn, cause: .keyword)
                case .help, .generic, .other: break
                }
            }
        }

        /// What the vendor itself answers to an opt-in, and which has been seen to come back as a reply.
        ///
        /// A receiver's published code drops it; here it stays an event, marked, so that nothing answers it and nobody takes
        /// it for an opt-in (inferred, from that code).
        private enum AutomaticText {
            static func isIn(_ message: String) -> Bool {
                let text = Array(message.utf8)
                guard text.count >= sentence.count else { return false }
                return (0...(text.count - sentence.count)).contains { start in
                    sentence.indices.allSatisfy { text[start + $0] | 0x20 == sentence[$0] | 0x20 }
                }
            }

            private static let sentence = Array("Thanks for opting in to receive messages from us!".utf8)
        }
    }
}
