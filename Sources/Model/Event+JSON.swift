extension Event {
    /// What every event's JSON begins with; the journal's number is put behind it when the event leaves.
    static let opening = Array(#"{"specversion":"1.0","#.utf8)

    /// The event's JSON, in its one spelling: fields in a fixed order, no white space, nothing that is absent.
    ///
    /// It lacks `sequence`, which the event gets when it is stored: see ``Entry/json``.
    public var canonicalBytes: [UInt8] {
        var json = JSONWriter(capacity: 2_048)
        json.object { json in
            json.constant(#""specversion":"1.0""#)
            json.member("id", id)
            json.name("source")
            json.string(source, behind: "/sources/")
            json.member("type", type.rawValue)
            json.member("subject", subject)
            json.member("time", time)
            json.constant(#""datacontenttype":"application/json","dataschema":"urn:mogate:inbound-event:1""#)
            json.member("provider", provider)
            json.member("channel", channel.rawValue)
            json.member("partitionkey", subject)
            json.member("traceparent", traceparent)
            json.name("data")
            json.object { write(data: &$0) }
        }
        return json.finish()
    }

    private func write(data json: inout JSONWriter) {
        json.member("provider", provider)
        json.member("source", source)
        json.member("channel", channel.rawValue)
        json.member("direction", direction.rawValue)
        json.member("providerMessageId", providerMessageId)
        json.member("from", from)
        json.member("to", to)
        json.member("occurredAt", occurredAt)
        json.member("receivedAt", receivedAt)
        correlation.write(to: &json)
        switch body {
        case .received(let message), .sent(let message): message.write(to: &json)
        case .consent(let consent): consent.write(to: &json)
        case .status(let status): status.write(to: &json)
        case .notice(let kind):
            json.name("notice")
            json.object { $0.member("kind", kind) }
        }
        authenticity.write(to: &json)
        provenance.write(to: &json)
        if !extra.isEmpty {
            json.name("extra")
            json.object(of: extra)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ address: Address?) {
        guard let address else { return }
        self.name(name)
        object { json in
            json.member("kind", address.kind.rawValue)
            json.member("value", address.value)
            json.member("raw", address.raw)
            json.member("country", address.country)
        }
    }
}

extension Event.Correlation {
    fileprivate func write(to json: inout JSONWriter) {
        guard self != Event.Correlation() else { return }
        json.name("correlation")
        json.object { json in
            json.member("externalId", externalId)
            if !tags.isEmpty {
                json.name("tags")
                json.object { json in
                    for tag in tags {
                        json.foreignName(tag.name)
                        json.string(tag.value)
                    }
                }
            }
            json.member("previousMessageId", previousMessageId)
            json.member("originalReferenceId", originalReferenceId)
            json.member("trackingData", trackingData)
        }
    }
}

extension Event.Message {
    fileprivate func write(to json: inout JSONWriter) {
        json.name("content")
        json.array { json in
            for part in content { part.write(to: &json) }
        }
        json.member("subjectLine", subjectLine)
        guard let keyword else { return }
        json.name("keyword")
        json.object { json in
            json.member("action", keyword.action.rawValue)
            json.member("rawAction", keyword.rawAction)
            json.member("keyword", keyword.keyword)
            json.member("text", keyword.text)
            json.member("country", keyword.country)
            json.member("detectedBy", keyword.detectedBy.rawValue)
            json.member("match", keyword.match.rawValue)
        }
    }
}

extension Content {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .text(let text):
                json.constant(#""type":"text""#)
                json.member("text", text)
            case .media(let media):
                json.constant(#""type":"media""#)
                json.member("media", media.kind.rawValue)
                json.member("url", media.url)
                json.member("contentType", media.contentType)
                json.member("fileName", media.fileName)
                json.member("sizeBytes", media.sizeBytes)
                json.member("sha256", media.sha256)
                json.member("animated", media.isAnimated)
                json.member("expiresAt", media.expiresAt)
            case .location(let location):
                json.constant(#""type":"location""#)
                json.member("latitude", location.latitude)
                json.member("longitude", location.longitude)
                json.member("name", location.name)
                json.member("address", location.address)
                json.member("url", location.url)
            case .choice(let choice):
                json.constant(#""type":"choice""#)
                json.member("text", choice.text)
                json.member("payload", choice.payload)
                json.member("choiceOf", choice.choiceOf)
            case .unsupported(let providerType, let raw):
                json.constant(#""type":"unsupported""#)
                json.member("providerType", providerType)
                json.name("raw")
                json.value(raw)
            }
        }
    }
}

extension Event.Consent {
    fileprivate func write(to json: inout JSONWriter) {
        json.name("consent")
        json.object { json in
            json.member("state", state.rawValue)
            json.member("cause", cause.rawValue)
            json.member("handledByProvider", handledByProvider)
            json.member("evidence", evidence)
        }
    }
}

extension Event.Status {
    fileprivate func write(to json: inout JSONWriter) {
        json.name("status")
        json.object { json in
            json.member("state", state.rawValue)
            json.member("final", isFinal)
            json.member("providerCode", providerCode)
            json.member("providerState", providerState)
            json.member("description", description)
            guard !channels.isEmpty else { return }
            json.name("channels")
            json.array { json in
                for channel in channels {
                    json.object { json in
                        json.member("channel", channel.channel.rawValue)
                        json.member("state", channel.state.rawValue)
                        json.member("providerCode", channel.providerCode)
                        json.member("providerMessageId", channel.providerMessageId)
                        json.member("description", channel.description)
                        json.member("at", channel.at)
                    }
                }
            }
        }
    }
}

extension Authenticity {
    fileprivate func write(to json: inout JSONWriter) {
        json.name("authenticity")
        json.object { json in
            json.member("result", isVerified ? "verified" : "unverified")
            json.member("method", method.rawValue)
            json.member("key", key)
        }
    }
}

extension Provenance {
    fileprivate func write(to json: inout JSONWriter) {
        json.name("provenance")
        json.object { json in
            json.member("requestId", requestId)
            json.member("bodySha256", bodySha256)
            json.member("decoder", decoder)
            json.member("index", Int64(index))
            json.member("idBasis", idBasis.rawValue)
            json.member("configured", configured)
            json.member("warnings", warnings)
        }
    }
}
