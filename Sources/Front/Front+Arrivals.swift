import Glibc
import Model
import Threads
import Wire

/// How proxies say for whom they speak, before anything else is said.
extension Front {
    /// Whether whoever connects from there has to begin with a header of the PROXY protocol. Of anyone else it is no request.
    func announces(_ peer: String) -> Bool {
        proxiesAnnounce && isProxy(IPAddress(peer))
    }

    func awaitHeader(on descriptor: Int32, from peer: String) {
        // Such a connection is a trusted proxy's: over their number it is closed, and the proxy tries again.
        guard let place = occupancy.take(.proxy, within: limits) else {
            seen.connectionsTurnedAway += 1
            close(descriptor)
            return
        }
        let ticket = nextTicket()
        let arrival = Arrival(
            owning: descriptor, from: peer, in: place, deadlineMs: monotonicMs() + limits.handshakeDeadlineMs)
        armSweep()
        arrivals[ticket] = arrival
        arrival.watch = loop.watch(descriptor, for: .reading) { _ in self.announced(by: ticket) }
    }

    private func announced(by ticket: Ticket) {
        guard let arrival = arrivals[ticket] else { return }
        switch arrival.read() {
        case .needsMore: break
        case .complete(let sender) where sender.map({ IPAddress($0) != nil }) ?? true:
            arrivals[ticket] = nil
            entered(arrival.takeDescriptor(), from: sender ?? arrival.peer)
        case .complete, .malformed:
            seen.refusals[400, default: 0] += 1
            arrivals[ticket] = nil
        }
        finishDrainingIfDone()
    }

    func dropOverdueArrivals(at nowMs: Int64) {
        for (ticket, arrival) in arrivals where arrival.deadlineMs <= nowMs {
            seen.connectionsTimedOut += 1
            arrivals[ticket] = nil
        }
        finishDrainingIfDone()
    }
}
