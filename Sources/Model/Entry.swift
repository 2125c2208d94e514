/// An event whose bytes will never change again: what the journal keeps and the sinks carry.
///
/// It is handed on by reference: from hand to hand it goes often, and whole.
public final class FrozenEvent: Sendable, Equatable {
    public let id: EventID
    public let label: Label
    /// The ordering key; nil where the event has none.
    public let subject: String?
    /// ``Event/canonicalBytes``.
    public let bytes: [UInt8]

    public init(id: EventID, label: Label, subject: String?, bytes: [UInt8]) {
        self.id = id
        self.label = label
        self.subject = subject
        self.bytes = bytes
    }

    public convenience init(_ event: borrowing Event) {
        self.init(
            id: event.id,
            label: Label(
                type: event.type.rawValue, provider: event.provider, channel: event.channel.rawValue,
                source: event.source),
            subject: event.subject, bytes: event.canonicalBytes)
    }

    public static func == (one: FrozenEvent, other: FrozenEvent) -> Bool {
        one === other
            || one.id == other.id && one.label == other.label && one.subject == other.subject
                && one.bytes == other.bytes
    }
}

/// What a sink may choose events by. There are few of them, however many events there are.
public struct Label: Sendable, Hashable {
    public let type: String
    public let provider: String
    public let channel: String
    public let source: String

    public init(type: String, provider: String, channel: String, source: String) {
        self.type = type
        self.provider = provider
        self.channel = channel
        self.source = source
    }

    // There are few labels at a time, and type and channel tell nearly all of them apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(channel)
    }
}

/// An event in the journal: its number, which only rises, and its bytes.
public struct Entry: Sendable, Equatable {
    public let sequence: Int64
    public let event: FrozenEvent
    public let receivedAt: Instant

    public init(sequence: Int64, event: FrozenEvent, receivedAt: Instant) {
        self.sequence = sequence
        self.event = event
        self.receivedAt = receivedAt
    }

    /// The event's JSON as it leaves: the canonical bytes, with `sequence` as their second member.
    ///
    /// Twenty digits, so that the text sorts as the number does, as the CloudEvents sequence extension asks.
    public var json: [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(event.bytes.count + 36)
        appendJSON(to: &json)
        return json
    }

    /// Appends ``json``.
    public func appendJSON(to json: inout [UInt8]) {
        json.append(contentsOf: Event.opening)
        json.append(contentsOf: #""sequence":""#.utf8)
        let digits = DecimalDigits(sequence.magnitude).filled
        for index in digits.indices { json.append(digits[index]) }
        json.append(contentsOf: #"","#.utf8)
        json.append(contentsOf: event.bytes[Event.opening.count...])
    }
}

/// Which events a sink takes: an empty list takes all.
public struct EntryFilter: Sendable, Equatable {
    public var types: Set<String>
    public var providers: Set<String>
    public var channels: Set<String>
    public var sources: Set<String>

    public init(
        types: Set<String> = [], providers: Set<String> = [], channels: Set<String> = [], sources: Set<String> = []
    ) {
        self.types = types
        self.providers = providers
        self.channels = channels
        self.sources = sources
    }

    public func matches(_ label: Label) -> Bool {
        (types.isEmpty || types.contains(label.type))
            && (providers.isEmpty || providers.contains(label.provider))
            && (channels.isEmpty || channels.contains(label.channel))
            && (sources.isEmpty || sources.contains(label.source))
    }
}
