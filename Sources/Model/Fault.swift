/// A part of an authentic request that could not be understood: what waits in quarantine.
public struct Fault: Error, Sendable, Equatable {
    /// Where it stands in the body, such as `$.content.text_1`; `$` is the whole.
    public let path: String
    /// What is wrong with it, in words that quote nothing of the message.
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// Something a vendor sent that this version does not know: kept in the event, counted, and shown.
public struct Sighting: Sendable, Hashable {
    public let kind: Kind
    /// Where it stands in the body, such as `$.content.type`.
    public let path: String
    /// The new word or shape; empty for a field, whose path says all.
    public let word: String

    public enum Kind: String, Sendable, CaseIterable {
        case field, word, shape
    }

    public init(kind: Kind, path: String, word: String = "") {
        self.kind = kind
        self.path = path
        self.word = word
    }
}

/// What a request comes to once it is read: events, faults, or both, and never nothing.
public struct Decoding: Sendable {
    public var events: [Event]
    public var faults: [Fault]
    public var sightings: [Sighting]

    public init(events: [Event] = [], faults: [Fault] = [], sightings: [Sighting] = []) {
        self.events = events
        self.faults = faults
        self.sightings = sightings
    }

    /// Takes the events out, frozen and in their order. Each of them is large, and would be copied to be read where it lies.
    public mutating func freezeEvents() -> [FrozenEvent] {
        var frozen: [FrozenEvent] = []
        frozen.reserveCapacity(events.count)
        while let event = events.popLast() { frozen.append(FrozenEvent(event)) }
        frozen.reverse()
        return frozen
    }
}
