import Threads

/// What happens because time passes, and not because something comes.
extension Front {
    /// Looks at the deadlines, and sees to it that they are looked at again.
    func tick() {
        sweep()
        if !isDeserted || !drainers.isEmpty { sweepTimer?.arm(afterMs: Limits.sweepEveryMs) }
    }

    /// Before the first connection comes: from then on the timer sets itself.
    func armSweep() {
        if isDeserted { sweepTimer?.arm(afterMs: Limits.sweepEveryMs) }
    }

    private var isDeserted: Bool { connections.isEmpty && arrivals.isEmpty }

    /// Ends every connection that should have come further by now.
    package func sweep() {
        let nowMs = monotonicMs()
        dropOverdueArrivals(at: nowMs)
        for connection in connections.values.filter({ $0.deadlineMs <= nowMs }) { end(connection) }
        if drainDeadlineMs <= nowMs { finishDraining() }
    }

    /// Ends a connection that should have come further by now.
    func end(_ connection: Connection) {
        if connection.phase != .lingering { seen.connectionsTimedOut += 1 }
        if connection.phase == .reading {
            refuse(408, on: connection)
        } else {
            drop(connection)
        }
    }

    /// Both sides have agreed on keys: what comes now is a request.
    func handshakeEnded(on connection: Connection) {
        guard connection.phase == .handshaking else { return }
        connection.phase = .idle
        connection.client = connection.stream.clientCertificate
        connection.deadlineMs = connection.startedAtMs + limits.headersDeadlineMs
    }

    // MARK: No descriptors left

    /// The system had no descriptor to give. It would say so again at once, for ever, so nothing is accepted for a moment.
    package func acceptFailed() {
        seen.acceptPauses += 1
        seen.isAccepting = false
        listener?.pause()
        acceptTimer?.arm(afterMs: Limits.acceptPauseMs)
    }

    func acceptAgain() {
        listener?.goOn()
        seen.isAccepting = listener != nil
    }
}
