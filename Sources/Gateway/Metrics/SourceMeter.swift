internal import Model

/// What is counted for one source. It is looked up once, with the route, and not by name for each request.
final class SourceMeter: Sendable {
    let source: String
    let provider: String

    let accepted = Counter()
    let duplicate = Counter()
    let refused = Counter()
    /// Authentic, but over the source's rate; or from an address that was refused too often.
    let throttled = Counter()
    let unavailable = Counter()
    /// Parts of its requests that were not understood.
    let quarantined = Counter()
    /// Proving who sent it, and reading what it says: the mean of those that came together.
    let decoding = Histogram(Histogram.decodeBoundsUs)
    /// From there until it is on the disk.
    let committing = Histogram(Histogram.commitBoundsUs)
    /// When the last callback came that brought something new.
    let lastEvent = LatestMoment()
    /// One for each channel and type, in the order of both.
    private let events: [Counter]
    /// One for each kind of sighting, in their order.
    private let sightings: [Counter]

    init(source: String, provider: String) {
        self.source = source
        self.provider = provider
        events = Channel.allCases.flatMap { _ in Event.Kind.allCases.map { _ in Counter() } }
        sightings = Sighting.Kind.allCases.map { _ in Counter() }
    }

    /// Which of its counters go up by some events, should their request bring something new: little, for it is kept until
    /// that is known.
    func places(of events: [Event]) -> [Int] {
        // By their indices, for each event would be copied.
        events.indices.map { index in
            let channel = Channel.allCases.firstIndex(of: events[index].channel) ?? 0
            let type = Event.Kind.allCases.firstIndex(of: events[index].type) ?? 0
            return channel * Event.Kind.allCases.count + type
        }
    }

    /// A request that brought something new.
    /// - Parameter places: those of its events.
    func accept(_ receipt: Receipt, eventsAt places: [Int]) {
        accepted.add()
        lastEvent.note(microseconds: receipt.receivedAt.microseconds)
        quarantined.add(Int64(receipt.faults.count))
        for place in places { events[place].add() }
        for sighting in receipt.sightings {
            sightings[Sighting.Kind.allCases.firstIndex(of: sighting.kind) ?? 0].add()
        }
    }

    /// How many sightings there were of each kind.
    var sightingCounts: [(kind: Sighting.Kind, count: Int64)] {
        Array(zip(Sighting.Kind.allCases, sightings.map(\.value)))
    }

    /// How many events there were of each channel and type that there were any of.
    var eventCounts: [(channel: Channel, type: Event.Kind, count: Int64)] {
        var counts: [(channel: Channel, type: Event.Kind, count: Int64)] = []
        var index = 0
        for channel in Channel.allCases {
            for type in Event.Kind.allCases {
                if events[index].value > 0 { counts.append((channel, type, events[index].value)) }
                index += 1
            }
        }
        return counts
    }
}
