internal import Front

extension Limits {
    /// What all front doors together are to hold to.
    init(_ settings: Settings.Limits) {
        self.init()
        bodyBytesMax = settings.bodyBytes
        handshakeDeadlineMs = settings.handshakeTimeoutMs
        headersDeadlineMs = settings.headTimeoutMs
        requestDeadlineMs = settings.requestTimeoutMs
        idleMs = settings.idleTimeoutMs
        writeDeadlineMs = settings.writeTimeoutMs
        connectionsMax = settings.connections
        connectionsPerPeerMax = settings.connectionsPerPeer
        requestsInFlightMax = settings.requestsInFlight
        // A bound that no single request fits in would refuse it for ever: what is read grows by doubling.
        bytesHeldMax = max(2 * (settings.bodyBytes + headBytesMax), settings.memoryBytes)
        retryAfterSeconds = Intake.retryAfterSeconds
    }
}
