internal import Model

/// What an outcome is like without saying anything of it that is personal: what must be the same before and after the
/// replacement of everything that is.
public struct OutcomeShape: Sendable, Equatable {
    /// One for each event, fault, sighting or refusal.
    public let lines: [String]

    public init(_ outcome: Outcome) {
        lines =
            outcome.events.map(Self.line) + outcome.faults.map { "quarantine: \($0.path): \($0.reason)" }
            + outcome.sightings.map { "new \($0.kind.rawValue): \($0.path)" }
            + (outcome.refusal.map { ["refused: \($0)"] } ?? [])
    }

    /// The first line that is not the same, in words; nil where all are.
    public func difference(from other: OutcomeShape) -> String? {
        guard lines != other.lines else { return nil }
        let index = zip(lines, other.lines).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let line = index ?? min(lines.count, other.lines.count)
        func text(_ lines: [String]) -> String { line < lines.count ? lines[line] : "(nothing)" }
        return "before: \(text(lines))\nafter:  \(text(other.lines))"
    }

    private static func line(_ event: Event) -> String {
        let facts = [
            event.type.rawValue, event.channel.rawValue, event.direction.rawValue,
            "from \(shape(event.from))", "to \(shape(event.to))",
            event.providerMessageId == nil ? "without id" : "with id",
            event.occurredAt == nil ? "without time" : "with time",
            "\(event.correlation.tags.count) tags", "by \(event.provenance.idBasis.rawValue)",
            "\(event.provenance.warnings.count) warnings",
            "extra \(event.extra.map(\.name).joined(separator: " "))", shape(event.body),
        ]
        return facts.joined(separator: ", ")
    }

    private static func shape(_ address: Address?) -> String {
        guard let address else { return "nobody" }
        return address.kind.rawValue + (address.value.hasPrefix("+") ? " +" : "")
    }

    private static func shape(_ body: Event.Body) -> String {
        switch body {
        case .received(let message), .sent(let message):
            "\(message.content.map(shape).joined(separator: " and ")), keyword \(shape(message.keyword))"
        case .consent(let consent): "\(consent.state.rawValue) by \(consent.cause.rawValue)"
        case .status(let status):
            "\(status.state.rawValue) \(status.isFinal): "
                + status.channels.map { "\($0.channel.rawValue) \($0.state.rawValue)" }.joined(separator: " ")
        case .notice(let kind): "notice of \(kind)"
        }
    }

    private static func shape(_ keyword: Keyword?) -> String {
        guard let keyword else { return "none" }
        return "\(keyword.action.rawValue) by \(keyword.detectedBy.rawValue)"
    }

    private static func shape(_ content: Content) -> String {
        switch content {
        case .text: "text"
        case .media(let media):
            media.kind.rawValue + (media.expiresAt == nil ? "" : " that expires")
                + (media.sha256 == nil ? "" : " with digest")
        case .location: "location"
        case .choice(let choice): choice.payload == nil ? "choice" : "choice with payload"
        case .unsupported(let type, _): "unsupported \(type)"
        }
    }
}
