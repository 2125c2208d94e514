/// What the front door has seen since it was opened, and what it holds at this moment.
public struct FrontCounters: Sendable, Equatable {
    /// Connections that are open now, those that are being turned away included.
    public var connectionsOpen = 0
    /// Requests that are whole and have no reply yet.
    public var requestsInFlight = 0
    /// Memory that requests take up, those that are read and those whose handler has not returned.
    public var bytesHeld = 0
    /// Whether new connections are taken: not before it is opened, nor in a pause, nor once it closes.
    public var isAccepting = false
    public var connectionsAccepted: Int64 = 0
    /// Connections over one of the two bounds on their number.
    public var connectionsTurnedAway: Int64 = 0
    /// Connections closed because they waited too long for a request, or did not take their reply in time.
    public var connectionsTimedOut: Int64 = 0
    /// Whole requests.
    public var requests: Int64 = 0
    /// Replies of handlers that found no connection any more.
    public var repliesDropped: Int64 = 0
    /// What the front door itself refused, before any handler saw it, by status.
    public var refusals: [Int: Int64] = [:]
    /// How often accepting was paused because the system had no descriptor to give.
    public var acceptPauses: Int64 = 0
    /// Bytes that the reader took.
    public var bytesRead: Int64 = 0
    /// Bytes of replies, handed to the system or waiting for it.
    public var bytesWritten: Int64 = 0

    public init() {}

    /// What two doors have seen together; it accepts where either does.
    public static func += (sum: inout FrontCounters, other: FrontCounters) {
        sum.connectionsOpen += other.connectionsOpen
        sum.requestsInFlight += other.requestsInFlight
        sum.bytesHeld += other.bytesHeld
        sum.isAccepting = sum.isAccepting || other.isAccepting
        sum.connectionsAccepted += other.connectionsAccepted
        sum.connectionsTurnedAway += other.connectionsTurnedAway
        sum.connectionsTimedOut += other.connectionsTimedOut
        sum.requests += other.requests
        sum.repliesDropped += other.repliesDropped
        sum.refusals.merge(other.refusals) { $0 + $1 }
        sum.acceptPauses += other.acceptPauses
        sum.bytesRead += other.bytesRead
        sum.bytesWritten += other.bytesWritten
    }
}
