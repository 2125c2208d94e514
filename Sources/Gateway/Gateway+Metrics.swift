internal import Front
internal import Journal
internal import Model

/// What is measured when it is asked for.
extension Gateway {
    var metrics: String {
        get async {
            var gauges = journalGauges()
            gauges += await sinkGauges()
            gauges += await frontGauges()
            return report.metrics.exposition(with: gauges)
        }
    }

    private func journalGauges() -> [Metrics.Gauge] {
        let figures = journal.figures
        return [
            .init(
                name: "mogate_journal_broken", help: "1 where the journal failed and nothing is accepted.",
                values: [("", journal.failure == nil ? 0 : 1)]),
            .init(
                name: "mogate_journal_newest_sequence", help: "The number of the newest event.",
                values: [("", figures.newest)]),
            .init(
                name: "mogate_journal_waiting_requests", help: "Requests that wait for the disk.",
                values: [("", Int64(figures.waitingReceipts))]),
        ]
    }

    private func sinkGauges() async -> [Metrics.Gauge] {
        var states: [(labels: String, state: Forwarder.State)] = []
        for (name, running) in forwarders.sorted(by: { $0.key < $1.key }) {
            states.append((Metrics.labels([("sink", name)]), await running.forwarder.state))
        }
        return [
            .init(
                name: "mogate_sink_lag_events", help: "Entries of the journal that the sink has not looked at yet.",
                values: states.map { ($0.labels, $0.state.lag) }),
            .init(
                name: "mogate_sink_retries", help: "Entries that wait for another try.",
                values: states.map { ($0.labels, Int64($0.state.retries)) }),
            .init(
                name: "mogate_sink_down", help: "1 where the sink failed so often that it is only probed.",
                values: states.map { ($0.labels, $0.state.isDown ? 1 : 0) }),
        ]
    }

    private func frontGauges() async -> [Metrics.Gauge] {
        var open: Int64 = 0
        var inFlight: Int64 = 0
        var turnedAway: Int64 = 0
        var timedOut: Int64 = 0
        var refusals: [Int: Int64] = [:]
        for front in fronts {
            let counters = await front.counters
            open += Int64(counters.connectionsOpen)
            inFlight += Int64(counters.requestsInFlight)
            turnedAway += counters.connectionsTurnedAway
            timedOut += counters.connectionsTimedOut
            refusals.merge(counters.refusals) { $0 + $1 }
        }
        return [
            .init(name: "mogate_connections", help: "Connections that are open.", values: [("", open)]),
            .init(name: "mogate_requests_in_flight", help: "Requests being answered.", values: [("", inFlight)]),
            .init(
                name: "mogate_connections_turned_away_total", help: "Connections over the bound on their number.",
                kind: .counter, values: [("", turnedAway)]),
            .init(
                name: "mogate_connections_timed_out_total", help: "Connections closed since they were too slow.",
                kind: .counter, values: [("", timedOut)]),
            .init(
                name: "mogate_front_refusals_total",
                help: "Requests that the front door refused before any source was looked for, by status.",
                kind: .counter,
                values: refusals.sorted { $0.key < $1.key }.map { (Metrics.labels([("status", String($0))]), $1) }),
        ]
    }
}
