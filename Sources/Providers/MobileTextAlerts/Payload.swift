internal import Model

extension MobileTextAlerts {
    /// The fields of one callback, and what it was found to be.
    struct Payload {
        let reading: Reading
        /// The body's object, or the one in its envelope.
        let fields: Fields
        let version: Version
        let callback: MobileTextAlerts.Callback
        /// The vendor's name of an iMessage identity: the callback is about an iMessage where there is one.
        private let senderName: String?

        /// The versions as far as anything depends on them: V1 and V2 use the same names.
        enum Version {
            case legacy, v3
        }

        init(
            _ fields: Fields, of reading: Reading, version: Version, callback: MobileTextAlerts.Callback
        ) {
            self.fields = fields
            self.reading = reading
            self.version = version
            self.callback = callback
            senderName = fields.peek("senderName").flatMap { $0.isEmpty ? nil : $0 }
        }

        var findings: Findings { reading.findings }

        /// A leniency taken with a field.
        func warn(_ name: String, _ text: String) {
            findings.warn("\(fields.path).\(name): \(text)")
        }

        // MARK: Who

        /// Documented: an inbound message's `fromNumber` (V3) or `originationNumber` (V1, V2) is the end user's.
        var sender: String { version == .v3 ? "fromNumber" : "originationNumber" }

        /// Documented: an outbound message's `toNumber` (V3) or `destinationNumber` (V1, V2) is the end user's.
        var recipient: String { version == .v3 ? "toNumber" : "destinationNumber" }

        /// The end user's address.
        func user(in name: String) -> Address? {
            let address = address(in: name)
            if address == nil { warn(name, "missing") }
            return address
        }

        /// The company's own: its number, else the iMessage identity, else what the source's configuration says.
        ///
        /// An identity that comes beside a number stays in the event's extra fields.
        func company(in name: String, as field: String) -> Address? {
            if let address = address(in: name) {
                fields.keep("senderName")
                return address
            }
            if let senderName = fields.text("senderName") {
                return Address(kind: .senderIdentity, value: senderName, raw: senderName)
            }
            guard let configured = reading.source.address else { return nil }
            findings.supply(field)
            return Address(configured: configured)
        }

        /// V3 documents E.164; V1 and V2 a string or a number, of which national digits are inferred.
        ///
        /// What begins with `+` is taken at its word in every version, and bare digits are national ones in every version. An
        /// opt-in by email may have an address of that kind.
        private func address(in name: String) -> Address? {
            guard let raw = fields.id(name) else { return nil }
            if raw.contains("@") { return Address(email: raw) }
            let callingCode = reading.source.defaultCallingCode
            let address = Address(national: raw, callingCode: callingCode)
            guard address.kind == .phone, !raw.hasPrefix("+") else { return address }
            if callingCode == nil {
                warn(name, "a national number, and no defaultCallingCode is configured")
            } else if !findings.configured.contains("defaultCallingCode") {
                findings.supply("defaultCallingCode")
            }
            return address
        }

        // MARK: What they have in common

        /// Documented for V3, in ISO 8601 and UTC, and shown in RFC 3339; V1 and V2 have no time.
        var occurredAt: Instant? {
            let receivedAt = reading.request.receivedAt
            guard let text = fields.peek("timestamp"), Instant(rfc3339: text) == nil,
                let instant = Instant(withoutZone: text)
            else {
                return fields.instant("timestamp", receivedAt: receivedAt)
            }
            guard let instant = fields.instant("timestamp", as: instant, receivedAt: receivedAt) else { return nil }
            fields.putBack("timestamp")
            warn("timestamp", "a time without its zone, taken for UTC")
            return instant
        }

        /// Documented: `externalId` and `tags` are those of the message itself, or of the last outbound one to the number;
        /// `previousMessageId` may be an inbound message's too, whichever came last.
        var correlation: Event.Correlation {
            Event.Correlation(
                externalId: fields.id("externalId"), tags: fields.tags("tags"),
                previousMessageId: fields.id("previousMessageId"))
        }

        /// Inferred, since no field names the channel: iMessage by its identity, else the source's, and what would be SMS is MMS
        /// where it has an attachment.
        ///
        /// SMS and RCS are not told apart by anything. Where the configuration does not say, it is called SMS, which nearly
        /// all of it is: `unknown` would be true of every message and of use to nobody.
        var channel: Channel {
            if senderName != nil { return .imessage }
            let configured = reading.source.channel ?? .sms
            let hasAttachment = fields.peek("url").map { !$0.isEmpty } ?? false
            return configured == .sms && hasAttachment ? .mms : configured
        }

        /// What tells an iMessage from the SMS that is sent in its place where it cannot be delivered: documented that there is
        /// one, inferred that both have one id.
        var carriage: [String?] { senderName == nil ? [] : ["imessage"] }

        /// Documented: `message` is the text, and `url` the one attachment, re-hosted by the vendor. Either may be missing.
        func content() -> [Content] {
            var content: [Content] = []
            if let text = fields.text("message") { content.append(.text(text)) }
            if let url = fields.text("url") {
                content.append(.media(Content.Media(kind: Content.Media.Kind(fileName: url), url: url)))
            }
            if content.isEmpty { findings.warn("neither message nor url") }
            return content
        }

        /// The vendor's id for the callback's subject, and the number beside it, since one id may stand for many recipients.
        func identity(id: String?, details: [String?] = []) -> Reading.Identity {
            guard let id else {
                findings.warn("no id: the body stands in")
                return .body
            }
            return .vendor(id: id, details: details.map { $0 ?? "" })
        }
    }
}
