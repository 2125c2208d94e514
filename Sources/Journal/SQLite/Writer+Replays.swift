import Model

/// What adds to a request that is stored already.
final class ReplayStatements {
    let findRequest: Statement
    let insertReplay: Statement
    let findFaults: Statement
    let removeFault: Statement
    let sweeper: Sweeper

    init(_ database: Database) throws(JournalError) {
        findRequest = try database.prepare("SELECT id FROM requests WHERE request_id = ?1 ORDER BY id LIMIT 1")
        insertReplay = try database.prepare(
            "INSERT INTO replays(request, first_event, event_count) VALUES (?1, ?2, ?3)")
        findFaults = try database.prepare(
            "SELECT id, request, path, reason FROM quarantine WHERE body_digest = ?1 AND source = ?2")
        removeFault = try database.prepare("DELETE FROM quarantine WHERE id = ?1")
        sweeper = try Sweeper(database)
    }
}

extension Writer {
    /// The number of the stored request that a receipt replays; nil where it is none, or is not stored any more.
    func replayedRequest(of receipt: Receipt) throws(JournalError) -> Int64? {
        guard receipt.isReplay else { return nil }
        try replayStatements.findRequest.bind(receipt.requestId, at: 1)
        defer { replayStatements.findRequest.reset() }
        return try replayStatements.findRequest.row() ? replayStatements.findRequest.integer(0) : nil
    }

    /// Notes which events a request brought when it was read again.
    func noteReplay(of request: Int64, events: Range<Int64>) throws(JournalError) {
        guard !events.isEmpty else { return }
        try replayStatements.insertReplay.bind(request, at: 1)
        try replayStatements.insertReplay.bind(events.lowerBound, at: 2)
        try replayStatements.insertReplay.bind(Int64(events.count), at: 3)
        try replayStatements.insertReplay.run()
    }

    /// Takes faults of a body out of quarantine that it no longer has, and requests of which nothing is left by that:
    /// others brought all that there is in them. Tells how many faults those were.
    func settleFaults(of receipt: Receipt, source: Int64) throws(JournalError) -> Int {
        var settled: [(id: Int64, request: Int64)] = []
        do {
            try replayStatements.findFaults.bind(receipt.bodyDigest, at: 1)
            try replayStatements.findFaults.bind(source, at: 2)
            defer { replayStatements.findFaults.reset() }
            while try replayStatements.findFaults.row() {
                let fault = Fault(
                    path: replayStatements.findFaults.text(2) ?? "", reason: replayStatements.findFaults.text(3) ?? "")
                guard !receipt.faults.contains(fault) else { continue }
                settled.append((replayStatements.findFaults.integer(0), replayStatements.findFaults.integer(1)))
            }
        }
        for item in settled {
            try replayStatements.removeFault.bind(item.id, at: 1)
            try replayStatements.removeFault.run()
        }
        for request in Set(settled.map(\.request)) { _ = try replayStatements.sweeper.sweep(request) }
        return settled.count
    }
}
