internal import Model

extension Telesign {
    /// One callback while it is read: its object, and what all of this vendor's callbacks have in common.
    struct Callback {
        let reading: Reading
        let root: Fields

        init(_ root: Fields, of reading: Reading) {
            self.root = root
            self.reading = reading
        }

        var findings: Findings { reading.findings }
        var source: Source { reading.source }

        /// A leniency taken with a field.
        func warn(_ name: String, of fields: Fields? = nil, _ text: String) {
            findings.warn("\((fields ?? root).path).\(name): \(text)")
        }

        /// A field that a part of the message cannot be without.
        func faultMissing(_ name: String, of fields: Fields) {
            // What is there and of the wrong type is a fault already.
            if !fields.hasValue(name) { findings.fault(at: "\(fields.path).\(name)", "missing") }
        }

        // MARK: The envelope

        /// Documented, and not in one way: the schema calls it the id of the transaction that a callback is about, and the older
        /// page of inbound SMS that of the message itself.
        var id: String? { identifier("reference_id", of: root) }

        /// An id or a number that is documented as text.
        func identifier(_ name: String, of fields: Fields) -> String? {
            guard let id = fields.id(name) else { return nil }
            if !fields.isText(name) { warn(name, of: fields, "a number in place of a text") }
            return id
        }

        var status: Fields? { root.object("status") }

        /// The status code, which is documented as a number.
        func code(in status: Fields) -> String? {
            guard let code = status.id("code") else { return nil }
            if status.isText("code") { warn("code", of: status, "a text in place of a number") }
            return code
        }

        /// What the event is named by: the vendor's id, and what else it takes.
        func identity(_ id: String?, details: [String] = []) -> Reading.Identity {
            guard let id else {
                findings.warn("no id: the body stands in")
                return .body
            }
            return .vendor(id: id, details: details)
        }

        // MARK: Who

        /// The end user's number: documented with its country's code and without `+`.
        func user(_ name: String = "phone_number", of fields: Fields? = nil, country: String? = nil) -> Address? {
            guard let raw = identifier(name, of: fields ?? root) else {
                findings.warn("no \(name)")
                return nil
            }
            return Address(international: raw, country: country)
        }

        /// The company's own address where the callback has none: as configured, which is noted.
        func configuredCompany(on channel: Channel) -> Address? {
            guard let raw = source.address else { return nil }
            findings.supply("to")
            return channel == .rcs ? Address(kind: .rcsAgent, value: raw, raw: raw) : Address(configured: raw)
        }

        /// Documented as two letters; anything else stays where it is.
        func country(of fields: Fields) -> String? {
            guard let country = fields.text("iso_country_code") else { return nil }
            guard country.utf8.count == 2, country.utf8.allSatisfy(\.isLetter) else {
                fields.putBack("iso_country_code")
                warn("iso_country_code", of: fields, "not a country's two letters")
                return nil
            }
            let upper = country.uppercased()
            if upper != country { fields.putBack("iso_country_code") }
            return upper
        }

        // MARK: When

        /// A time in one of the forms that the vendor's pages show.
        func moment(_ name: String, of fields: Fields) -> Instant? {
            let receivedAt = reading.request.receivedAt
            guard let text = fields.peek(name), let moment = TelesignTime(text) else {
                return fields.instant(name, receivedAt: receivedAt)
            }
            guard let instant = fields.instant(name, as: moment.instant, receivedAt: receivedAt) else { return nil }
            guard moment.form != .rfc3339 else { return instant }
            fields.putBack(name)
            if moment.form == .withoutZone { warn(name, of: fields, "a time without its zone, taken for UTC") }
            return instant
        }
    }
}

extension Telesign.Callback {
    /// What an inbound message says, as an event; and the opt-in or opt-out that follows from its keyword.
    func events(saying message: Telesign.InboundMessage, on channel: Channel) -> [Event] {
        let id = id
        // Should several answers to one message come under its id, a STOP and the START after it are two events. What is the
        // same whenever the vendor sends a callback again tells them apart: when it came to the vendor, and its words.
        let identity = identity(id, details: [root.peek("submit_timestamp") ?? ""] + message.words)
        let occurredAt = inboundTime(message.occurredAt)
        if message.content.isEmpty { findings.warn("no content") }
        let keyword = keyword(of: message)
        let received = reading.event(
            .received(
                Event.Message(content: message.content, subjectLine: message.subjectLine, keyword: keyword)),
            identity: identity, channel: channel, direction: .inbound, providerMessageId: id,
            from: message.from ?? user(country: message.country), to: message.to ?? configuredCompany(on: channel),
            occurredAt: occurredAt,
            correlation: Event.Correlation(
                externalId: root.id("external_id"), originalReferenceId: message.originalReferenceId,
                trackingData: message.trackingData))
        guard let consent = keyword.flatMap(Event.Consent.init) else { return [received] }
        return [received, reading.consent(consent, following: received, identity: identity)]
    }

    /// The vendor's verdict, which is never matched again; without one, the source's words decide.
    ///
    /// They look at what was written and not at buttons, which are labelled by the company: "Cancel" may be about an order.
    private func keyword(of message: Telesign.InboundMessage) -> Keyword? {
        if let keyword = message.keyword { return keyword }
        let texts = message.content.compactMap { if case .text(let text) = $0 { text } else { nil } }
        guard let pack = source.keywords, texts.count == 1, let text = texts.first else { return nil }
        return pack.keyword(in: text)
    }

    /// When it happened, once the status of an inbound message was read: its one code says that it was passed on.
    ///
    /// Documented: `submit_timestamp`, where there is one, is when the message came to the vendor, and
    /// `status.updated_on` when the vendor passed it on.
    func inboundTime(_ submittedAt: Instant?) -> Instant? {
        guard let status else { return submittedAt }
        if let code = code(in: status) {
            status.putBack("code")
            if code != Self.inboundCode { status.sight("code", word: code) }
        }
        if status.string("description") != nil { status.putBack("description") }
        guard let submittedAt else { return moment("updated_on", of: status) }
        status.keep("updated_on")
        return submittedAt
    }
}

extension Event.Consent {
    /// The consent that a keyword changes, if it does.
    ///
    /// `handledByProvider` stays absent: the vendor says of its keyword handling that the list is "controlled and managed
    /// by you", and of its SMS that it blocks the number itself where that was agreed on. No callback says which it was.
    init?(_ keyword: Keyword) {
        switch keyword.action {
        case .stop: self.init(state: .optedOut, cause: .keyword)
        case .start: self.init(state: .optedIn, cause: .keyword)
        case .help, .generic, .other: return nil
        }
    }
}
