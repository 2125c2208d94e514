internal import Model
internal import Wire

/// A request in a file that waits to be moved elsewhere, with all that it came to.
struct HeldRequest: Sendable {
    /// Its number in the file.
    let row: Int64
    /// The numbers of its events there.
    let events: [Int64]
    let receipt: Receipt

    /// Takes the first requests off a line that may go side by side: no two of them are about one subject.
    static func wave(of line: inout ArraySlice<HeldRequest>) -> [HeldRequest] {
        var subjects: Set<String> = []
        let wave = line.prefix { request in
            let own = Set(request.receipt.events.compactMap(\.subject))
            guard subjects.isDisjoint(with: own) else { return false }
            subjects.formUnion(own)
            return true
        }
        line = line.dropFirst(wave.count)
        return Array(wave)
    }
}

extension SQLiteBrowser {
    /// The oldest requests there are, and what each came to.
    func heldRequests(limit: Int) async throws(JournalError) -> [HeldRequest] {
        try await ask { (desk) throws(JournalError) in
            var held: [HeldRequest] = []
            for (row, request) in try desk.requests.oldest(limit: limit) {
                var events: [StoredEvent] = []
                for run in request.eventRuns { events += try desk.events.events(numbered: run, limit: run.count) }
                // Every request that is served was proved, and how is kept.
                guard let authenticity = request.authenticity else {
                    throw .broken("a request does not tell how it was proved")
                }
                // The header fields go as text, as they would have into the log: what is no UTF-8 is mended by that.
                held.append(
                    HeldRequest(
                        row: row, events: events.map(\.entry.sequence),
                        receipt: Receipt(
                            requestId: request.requestId, receivedAt: request.receivedAt, source: request.source,
                            provider: request.provider, headers: HeaderBlock(request.headers), body: request.body,
                            bodyDigest: Digest.sha256(request.body), events: events.map(\.entry.event),
                            faults: try desk.requests.faults(of: row), authenticity: authenticity)))
            }
            return held
        }
    }

    /// How many requests there are.
    func requestCount() async throws(JournalError) -> Int64 {
        try await ask { (desk) throws(JournalError) in try desk.requests.count() }
    }
}
