internal import Model

extension Telesign {
    /// Number Masking: a text from one party of a masked conversation to the other.
    ///
    ///     {"submit_timestamp":"2023-10-31T14:47:10.154000Z","from_phone_number":"11234567890",
    ///      "to_phone_number":"11234567891","mo_message":"I am here","mo_reference_id":"0123456789ABCDEF0123456789ABCDEF",
    ///      "session_reference_id":"FEDCBA9876543210FEDCBA9876543210"}
    ///
    /// (Documented are the names; the values are made.) It comes by SMS. Nobody looks for keywords in it: it is not said to
    /// the company.
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/docs/number-masking-callback-service> (read 2026-11-22).
    enum NumberMasking {
        static func events(of callback: Callback) -> [Event] {
            let root = callback.root
            let id = callback.identifier("mo_reference_id", of: root)
            root.keep("session_reference_id")
            let content = root.text("mo_message").map { [Content.text($0)] } ?? []
            if content.isEmpty { callback.findings.warn("no content") }
            return [
                callback.reading.event(
                    .received(Event.Message(content: content)), identity: callback.identity(id), channel: .sms,
                    direction: .inbound, providerMessageId: id, from: callback.user("from_phone_number"),
                    to: callback.identifier("to_phone_number", of: root).map { Address(international: $0) },
                    occurredAt: callback.moment("submit_timestamp", of: root))
            ]
        }
    }
}
