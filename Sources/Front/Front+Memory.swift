internal import Wire

/// What requests may take up in memory, all of them together.
extension Front {
    /// Counts what a connection's request has come to hold.
    func count(_ connection: Connection) {
        let bytes = connection.reader.bytesHeld
        seen.bytesHeld += bytes - connection.bytesHeld
        connection.bytesHeld = bytes
    }

    /// Lets go of the request that is being read.
    func forget(_ connection: Connection) {
        connection.reader.startOver()
        count(connection)
    }

    /// Ends the unfinished requests that hold the most until all of it is within its bound: who takes up much gives way,
    /// so that small requests still find room.
    func makeRoom() {
        while seen.bytesHeld > limits.bytesHeldMax {
            let unfinished = connections.values.lazy.filter { $0.phase == .reading && $0.bytesHeld > 0 }
            guard let largest = unfinished.max(by: { $0.bytesHeld < $1.bytesHeld }) else { return }
            refuse(503, on: largest)
        }
    }
}
