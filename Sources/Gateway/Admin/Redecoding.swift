public import Journal
public import Model
internal import Providers

/// What today's decoders make of a stored request, beside what it was made of when it came in.
///
/// Events are named by what the vendor sent, so the same event has the same id then and now: it is the same to the byte,
/// or it says where it differs. What was delivered is never changed; only what is new can be added.
public struct Redecoding: Sendable {
    public let request: StoredRequest
    /// What appending it would store; what the journal has already is left out by the journal.
    public let receipt: Receipt

    /// What became of one event.
    public struct Finding: Sendable {
        public let id: EventID
        public let type: String
        public let verdict: Verdict
    }

    public enum Verdict: Sendable, Equatable {
        case unchanged
        case changed([EventDifference])
        /// The decoders of then did not see it.
        case new
        /// The decoders of now do not see it any more. It stays in the journal.
        case gone
    }

    /// Decodes a stored request anew; nil where it is not known how its sender was proved, or where its provider is not.
    ///
    /// - Parameter sources: those of the configuration; a source that is there no more is taken as its provider has it
    ///   by default.
    public init?(_ request: StoredRequest, sources: [Source]) {
        guard let authenticity = request.authenticity, let provider = provider(named: request.provider) else {
            return nil
        }
        let source =
            sources.first { $0.name == request.source && $0.provider == request.provider }
            ?? Source(name: request.source, provider: request.provider)
        let webhook = Webhook(
            method: "POST", path: "/in/" + request.source, query: nil,
            headers: Headers(request.headers.map { ($0.name, $0.value) }), body: request.body, peer: "",
            receivedAt: request.receivedAt)
        let authentic = Authentic(again: webhook, for: source, provedBy: authenticity)
        var decoding = provider.decode(authentic, for: source)
        self.request = request
        receipt = Receipt(
            requestId: request.requestId, receivedAt: request.receivedAt, source: request.source,
            provider: request.provider, headers: HeaderBlock(request.headers), body: request.body,
            bodyDigest: authentic.bodyDigest, events: decoding.freezeEvents(),
            faults: decoding.faults, authenticity: authenticity, sightings: decoding.sightings, isReplay: true)
    }

    /// What became of each event, beside what the journal has of them.
    public func findings(in browser: any JournalBrowser) async throws(JournalError) -> [Finding] {
        var brought: [FrozenEvent] = []
        for run in request.eventRuns {
            brought += try await browser.events(numbered: run, limit: run.count).map(\.entry.event)
        }
        var known: Set<EventID> = []
        for event in receipt.events where !brought.contains(where: { $0.id == event.id }) {
            if try await browser.event(event.id) != nil { known.insert(event.id) }
        }
        return findings(brought: brought, known: known)
    }

    /// What became of each event.
    /// - Parameters:
    ///   - brought: the events that the request was the first to bring.
    ///   - known: ids that the journal has, whichever request brought them. What another request brought says so in its
    ///     provenance, which is no change of this one.
    public func findings(brought: [FrozenEvent], known: Set<EventID>) -> [Finding] {
        let now = receipt.events.map { event in
            let verdict: Verdict
            if let then = brought.first(where: { $0.id == event.id }) {
                let differences = EventDifference.between(then.bytes, event.bytes)
                verdict = differences.isEmpty ? .unchanged : .changed(differences)
            } else {
                verdict = known.contains(event.id) ? .unchanged : .new
            }
            return Finding(id: event.id, type: event.label.type, verdict: verdict)
        }
        let gone = brought.filter { then in !receipt.events.contains { $0.id == then.id } }
        return now + gone.map { Finding(id: $0.id, type: $0.label.type, verdict: .gone) }
    }
}
