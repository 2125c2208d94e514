internal import Wire

/// What requests may take up in memory, all of them together.
extension Front {
    /// Counts what a connection's request has come to hold.
    func count(_ connection: Connection) {
        let bytes = connection.reader.bytesHeld
        guard bytes != connection.bytesHeld else { return }
        bytesUnfinished += bytes - connection.bytesHeld
        occupancy.countUnfinished(bytes - connection.bytesHeld)
        connection.bytesHeld = bytes
    }

    /// Lets go of the request that is being read.
    func forget(_ connection: Connection) {
        connection.reader.startOver()
        count(connection)
    }

    /// Ends the unfinished requests that hold the most until all of it is within its bound: who takes up much gives way,
    /// so that small requests still find room. Where most of it is held by other doors, theirs end.
    func makeRoom() {
        giveWay()
        if occupancy.isOverfull(within: limits) { occupancy.askDoors(otherThan: self) }
    }

    /// Ends the largest unfinished requests here while all doors hold too much, and this one its equal share or more.
    func giveWay() {
        while occupancy.isOverfull(within: limits), occupancy.isEqualShare(bytesUnfinished) {
            let unfinished = connections.values.lazy.filter { $0.phase == .reading && $0.bytesHeld > 0 }
            guard let largest = unfinished.max(by: { $0.bytesHeld < $1.bytesHeld }) else { return }
            refuse(503, on: largest)
        }
    }
}
