internal import Journal
internal import Model

/// Whose turn it is to serve the sink, where nodes share a log.
extension Forwarder {
    /// Asks the journal whether it is still our turn, which it was for so long only as the last word from there said.
    func confirmTurn(at now: Instant) async {
        do {
            try await journal.record(Steps(isServed: true), for: name)
            hasNews = true
        } catch .superseded {
            giveWay()
        } catch {
            report(.journalUnwritable(sink: name, error: error))
            readsAgainAt = now.advanced(byMilliseconds: Self.journalPauseMs)
        }
    }

    /// Ends without another word to the journal.
    func giveWay() {
        isSuperseded = true
        stop()
    }
}
