import Model
import Synchronization
import Threads

/// What connections and requests take up, counted for all front doors that share it: a bound is the process's, however many
/// loops there are and whichever of them the system gives a connection to.
public final class Occupancy: Sendable {
    fileprivate struct Crowd {
        var connections = 0
        /// How many connections each sender has.
        var ofSender: [IPAddress?: Int] = [:]
        var turnedAway = 0
    }

    // Under a lock, since connections come and go more seldom than requests, which only add to a number.
    private let crowd = Lock(Crowd())
    /// Those that are open, so that one can ask the others to make room.
    private let doors = Lock<[Front]>([])
    /// What is being answered, in one number, so that a request is counted by one addition: how many requests there are in
    /// the bits above, and how many bytes they hold in those below.
    private let inFlight = Atomic<Int>(0)
    private let bytesUnfinished = Atomic<Int>(0)

    private static let oneRequest = 1 << 42
    private static let bytesOfRequests = oneRequest - 1

    public init() {}

    // MARK: Connections

    /// Takes a place for a connection, which it has until the place goes; nil where there is none.
    func take(_ holder: Place.Holder, within limits: Limits) -> Place? {
        let isTaken = crowd.withLock { crowd in
            let isFree =
                switch holder {
                case .sender(let sender):
                    crowd.connections < limits.connectionsMax
                        && crowd.ofSender[sender, default: 0] < limits.connectionsPerPeerMax
                case .proxy: crowd.connections < limits.connectionsMax
                case .turnedAway: crowd.turnedAway < limits.connectionsTurnedAwayMax
                }
            if isFree { crowd.count(holder, 1) }
            return isFree
        }
        return isTaken ? Place(holder, in: self) : nil
    }

    fileprivate func leave(_ holder: Place.Holder) {
        crowd.withLock { $0.count(holder, -1) }
    }

    // MARK: Requests

    /// Counts a request that is to be answered; false where there is no room, and then it is not counted.
    func begin(holding bytes: Int, within limits: Limits) -> Bool {
        let all = inFlight.wrappingAdd(Self.oneRequest + bytes, ordering: .relaxed).newValue
        if all / Self.oneRequest <= limits.requestsInFlightMax, all & Self.bytesOfRequests <= limits.bytesHeldMax {
            return true
        }
        end(holding: bytes)
        return false
    }

    func end(holding bytes: Int) {
        inFlight.wrappingSubtract(Self.oneRequest + bytes, ordering: .relaxed)
    }

    /// Counts what requests that are not whole yet have come to hold since they were counted last.
    func countUnfinished(_ bytes: Int) {
        bytesUnfinished.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// Whether requests hold more than they may, and unfinished ones are a part of it.
    func isOverfull(within limits: Limits) -> Bool {
        let unfinished = bytesUnfinished.load(ordering: .relaxed)
        guard unfinished > 0 else { return false }
        return unfinished + inFlight.load(ordering: .relaxed) & Self.bytesOfRequests > limits.bytesHeldMax
    }

    // MARK: Doors

    func opened(_ front: Front) {
        doors.withLock { $0.append(front) }
    }

    func closed(_ front: Front) {
        doors.withLock { doors in doors.removeAll { $0 === front } }
    }

    /// Whether unfinished requests that hold so many bytes are an equal share of what all doors' hold, or more. One
    /// door's always are, so somebody gives way.
    func isEqualShare(_ bytes: Int) -> Bool {
        bytes * doors.withLock { $0.count } >= bytesUnfinished.load(ordering: .relaxed)
    }

    /// Has all doors but one give way.
    func askDoors(otherThan front: Front) {
        for other in doors.withLock({ $0 }) where other !== front { Task { await other.giveWay() } }
    }
}

extension Occupancy.Crowd {
    mutating func count(_ holder: Place.Holder, _ one: Int) {
        switch holder {
        case .turnedAway: turnedAway += one
        case .proxy: connections += one
        case .sender(let sender):
            connections += one
            let count = ofSender[sender, default: 0] + one
            ofSender[sender] = count > 0 ? count : nil
        }
    }
}

/// A connection's place among all there are. It is given back when this goes.
struct Place: ~Copyable {
    enum Holder: Equatable {
        /// One who speaks for himself; nil where it is not known who.
        case sender(IPAddress?)
        /// A proxy of ours, which many speak through: the bound for each sender is not for it.
        case proxy
        /// One for whom there was no place, who is told so.
        case turnedAway
    }

    let holder: Holder
    private let occupancy: Occupancy

    fileprivate init(_ holder: Holder, in occupancy: Occupancy) {
        self.holder = holder
        self.occupancy = occupancy
    }

    deinit { occupancy.leave(holder) }
}
