internal import Model

extension Telesign {
    /// What a channel's reader finds in a callback: what was said, and those of its circumstances that the channel knows.
    struct InboundMessage {
        /// In the vendor's order.
        var content: [Content] = []
        var subjectLine: String?
        /// The vendor's verdict.
        var keyword: Keyword?
        /// Nil where it is the number in the envelope.
        var from: Address?
        /// Nil where the channel does not tell.
        var to: Address?
        /// The country of the end user's number.
        var country: String?
        /// Nil where it is the time in the envelope.
        var occurredAt: Instant?
        var originalReferenceId: String?
        var trackingData: String?

        /// All that was written, or stands on what was chosen. Links are no words: they may be signed anew each time.
        var words: [String] {
            content.flatMap { part -> [String] in
                switch part {
                case .text(let text): [text]
                case .choice(let choice): [choice.text ?? "", choice.payload ?? ""]
                case .media, .location, .unsupported: []
                }
            }
        }

        /// Reads the message of a callback, in the way of one channel.
        typealias Reader = (Callback) -> InboundMessage

        /// Keeps what a content says that its channel is not known to say, where it says nothing else.
        ///
        /// Fields of the wrong type are known, and a fault already.
        mutating func addUnfamiliar(of content: Fields, except known: Set<String>, noting findings: Findings) {
            guard self.content.isEmpty else { return }
            for name in content.names where !known.contains(name) && content.hasValue(name) {
                guard let raw = content.verbatim(name) else { continue }
                findings.sight(.field, at: "\(content.path).\(name)")
                self.content.append(.unsupported(providerType: name, raw: raw))
            }
        }
    }
}

extension Content.Location {
    /// A place: documented as two numbers, in degrees, and for WhatsApp with a name, an address and a URL where the end
    /// user searched for it.
    init?(_ fields: Fields, of callback: Telesign.Callback) {
        let latitude = fields.double("latitude")
        let longitude = fields.double("longitude")
        guard let latitude, let longitude else {
            callback.faultMissing("latitude", of: fields)
            callback.faultMissing("longitude", of: fields)
            fields.putBack("latitude")
            fields.putBack("longitude")
            return nil
        }
        if !(-90...90).contains(latitude) || !(-180...180).contains(longitude) {
            callback.findings.warn("\(fields.path): a place that is not on earth")
        }
        self.init(
            latitude: latitude, longitude: longitude, name: fields.text("name"), address: fields.text("address"),
            url: fields.text("url"))
    }
}
