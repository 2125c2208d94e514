import Threads

/// How the front door closes.
extension Front {
    /// Stops accepting, answers what is in flight and 503 to what still comes on open connections, and returns when no
    /// connection and no request is left, or when the time is over; then what is left is closed.
    public func drain(withinMs: Int64) async {
        if !isDraining { closeDoor() }
        let deadlineMs = monotonicMs().addingReportingOverflow(max(withinMs, 0))
        if !deadlineMs.overflow { drainDeadlineMs = min(drainDeadlineMs, deadlineMs.partialValue) }
        if isEmpty { return finishDraining() }
        sweepTimer?.arm(afterMs: Limits.sweepEveryMs)
        await withCheckedContinuation { drainer in
            // The last connection may have gone on the way here, which is a stop on the loop.
            if isOver { drainer.resume() } else { drainers.append(drainer) }
        }
    }

    private func closeDoor() {
        listener?.takeWaiting { descriptor, peer in accepted(descriptor, from: peer) }
        beginDraining()
        listener = nil
        // What was sent is answered: what is closed here is what nothing was sent on.
        for (ticket, arrival) in arrivals where !arrival.mayHaveRequest { arrivals[ticket] = nil }
        for connection in connections.values where !connection.mayHaveRequest { drop(connection) }
    }

    private var isEmpty: Bool { connections.isEmpty && arrivals.isEmpty && seen.requestsInFlight == 0 }

    func finishDrainingIfDone() {
        if isDraining, isEmpty { finishDraining() }
    }

    func finishDraining() {
        drainDeadlineMs = .max
        for connection in connections.values { forget(connection) }
        connections.removeAll()
        arrivals.removeAll()
        endDraining()
        let drainers = self.drainers
        self.drainers = []
        for drainer in drainers { drainer.resume() }
    }
}
