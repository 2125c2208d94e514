internal import Model
internal import Wire

/// One request while it is read: what all events of it have in common, and how they are put together.
struct Reading {
    let source: Source
    let request: Authentic
    let findings = Findings()
    private let provider: any Provider.Type

    init(_ request: Authentic, for source: Source, by provider: any Provider.Type) {
        self.request = request
        self.source = source
        self.provider = provider
    }

    /// The body's object.
    func root() throws(Fault) -> Fields {
        let json: JSON
        do {
            json = try JSON(request.body)
        } catch {
            throw Fault(path: "$", reason: "not JSON: \(error.reason) at byte \(error.offset)")
        }
        guard json.kind == .object else { throw Fault(path: "$", reason: "expected an object") }
        return Fields(json, noting: findings)
    }

    /// What an event is named by, besides its provider, source and type.
    enum Identity {
        /// The vendor's own id, and what else it takes where that does not single the event out.
        case vendor(id: String, details: [String] = [])
        /// Nothing that the vendor gave: the body stands in.
        case body
    }

    /// An event of this request. Extra fields, warnings and its place among the events come with ``finish(_:of:)``.
    func event(
        _ body: Event.Body, identity: Identity, channel: Channel, direction: Event.Direction,
        providerMessageId: String?, from: Address?, to: Address?, occurredAt: Instant?,
        correlation: Event.Correlation = Event.Correlation()
    ) -> Event {
        let (id, details, basis): (String, [String], Provenance.IDBasis) =
            switch identity {
            case .vendor(let id, let details): (id, details, .provider)
            case .body: (request.bodySha256, [], .body)
            }
        return Event(
            id: EventID(
                provider: provider.name, source: source.name, id: id, type: body.kind.rawValue, details: details),
            subject: (direction == .inbound ? from : to)?.value,
            traceparent: request.traceparent, provider: provider.name, source: source.name, channel: channel,
            direction: direction, providerMessageId: providerMessageId, from: from, to: to, occurredAt: occurredAt,
            receivedAt: request.receivedAt, correlation: correlation, authenticity: request.authenticity,
            provenance: Provenance(
                requestId: request.requestId, bodySha256: request.bodySha256, decoder: provider.decoder, index: 0,
                idBasis: basis),
            body: body)
    }

    /// The opt-in or opt-out that follows from another event of this request, which is its evidence.
    func consent(_ consent: Event.Consent, following cause: Event, identity: Identity) -> Event {
        var consent = consent
        consent.evidence = cause.id
        return event(
            .consent(consent), identity: identity, channel: cause.channel, direction: .inbound,
            providerMessageId: cause.providerMessageId, from: cause.from, to: cause.to, occurredAt: cause.occurredAt,
            correlation: cause.correlation)
    }

    /// All that came of the request: the events in their order, the first of them with every field that is left over.
    func finish(_ events: consuming [Event], of root: Fields) -> Decoding {
        let extra = root.leftover()
        for index in events.indices {
            events[index].provenance.index = index
            events[index].provenance.configured = findings.configured
            events[index].provenance.warnings = findings.warnings
            if index == 0 { events[index].extra = extra }
        }
        return Decoding(events: events, faults: findings.faults, sightings: findings.sightings)
    }
}
