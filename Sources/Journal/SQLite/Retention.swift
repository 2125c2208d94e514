public import Model

/// What a journal need not keep.
public struct Retention: Sendable, Equatable {
    /// What was received before goes; nil where nothing goes for its age.
    public var before: Instant?
    /// Requests as they came in go where they were received before; nil where they go with what they brought.
    public var rawBefore: Instant?
    /// How many bytes the file and its log may have; nil where they may have any number.
    public var bytesMax: Int64?
    /// Whether, above these bytes, events go that are not old enough, if only every sink has had them.
    public var dropsDelivered: Bool
    /// The sinks that are to have passed an event before it goes. Where there are none, every event counts as delivered.
    public var sinks: [String]

    public init(
        before: Instant? = nil, rawBefore: Instant? = nil, bytesMax: Int64? = nil, dropsDelivered: Bool = true,
        sinks: [String]
    ) {
        self.before = before
        self.rawBefore = rawBefore
        self.bytesMax = bytesMax
        self.dropsDelivered = dropsDelivered
        self.sinks = sinks
    }
}

/// What was pruned.
public struct Pruned: Sendable, Equatable {
    public var events: Int64 = 0
    /// How many of those were not old enough, but had to make room.
    public var eventsForRoom: Int64 = 0
    public var requests: Int64 = 0
    /// Items of the quarantine.
    public var faults: Int64 = 0
    public var sightings: Int64 = 0
    /// Whether the journal takes nothing in now: it is above its bytes and nothing may go, or the disk has no room.
    public var isFull = false

    public init() {}

    /// Whether nothing went.
    public var isNothing: Bool { events == 0 && requests == 0 && faults == 0 && sightings == 0 }
}

/// One time through the journal: how far it came, and what went so far.
struct PruningRound: Sendable {
    enum Stage: Sendable {
        case beginning, events, raw, quarantine, sightings, ids, givingBack, over
    }

    let retention: Retention
    var stage = Stage.beginning
    /// The last row that was looked at in this stage.
    var position: Int64 = 0
    /// The last event that was looked at: commits that wrote none behind it are no longer needed to tell what is missing.
    var eventsPassed: Int64 = 0
    /// How many pages may be in use; nil where there is no bound.
    var pagesGoal: Int64?
    var pruned = Pruned()

    init(_ retention: Retention) {
        self.retention = retention
    }

    /// Goes on to the next stage, from its beginning.
    mutating func enter(_ stage: Stage) {
        self.stage = stage
        position = 0
    }
}
