internal import Front
internal import Sinks

extension Limits {
    /// What all front doors together are to hold to, beside these sinks.
    init(_ settings: Settings.Limits, beside sinks: [Settings.Sink]) {
        self.init()
        for case .http(let http) in sinks.map(\.kind) {
            descriptorsForOthers += http.concurrency * HTTPSink.descriptorsEach
        }
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
