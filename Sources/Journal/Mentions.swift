public import Model

/// Rows that name a person, to be taken away with all that hangs on them.
public struct Mentions: Sendable, Equatable {
    /// Numbers of events.
    public var events: [Int64] = []
    /// Numbers of the requests that brought them, or of which something in quarantine names the person.
    public var requests: [Int64] = []
    /// From where the next search goes on; nil where there is nothing left to look at.
    public var next: Int64?

    public init() {}
}

/// How many rows were taken away of a person.
public struct Erased: Sendable, Equatable {
    public var events: Int64 = 0
    public var requests: Int64 = 0
    /// Items of the quarantine.
    public var faults: Int64 = 0

    public init() {}

    public static func += (sum: inout Erased, part: Erased) {
        sum.events += part.events
        sum.requests += part.requests
        sum.faults += part.faults
    }
}

/// That a person's data were taken away: when, how much, and a digest by which it can be shown of whom.
public struct ErasureRecord: Sendable, Equatable {
    public let at: Instant
    /// What stood before the subject when it was digested: drawn for each record, so that two tell nothing of each other.
    public let salt: [UInt8]
    public let subjectDigest: [UInt8]
    public let erased: Erased

    public init(at: Instant, salt: [UInt8], subjectDigest: [UInt8], erased: Erased) {
        self.at = at
        self.salt = salt
        self.subjectDigest = subjectDigest
        self.erased = erased
    }
}
