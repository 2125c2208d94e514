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

/// What is found of requests that wait in a file.
struct HeldRequests: Sendable {
    /// The oldest, in their order.
    var sound: [HeldRequest] = []
    /// Rows among them that are not as they were written, and their requests' ids as far as these can be read.
    var damaged: [Int64: EventID] = [:]

    var isEmpty: Bool { sound.isEmpty && damaged.isEmpty }
}

extension SQLiteBrowser {
    /// The oldest requests there are but for some, and what each came to.
    func heldRequests(limit: Int, besides rows: Set<Int64>) async throws(JournalError) -> HeldRequests {
        try await ask { (desk) throws(JournalError) in
            var held = HeldRequests()
            for found in try desk.requests.oldest(limit: limit, besides: rows) {
                if let request = found.request, let sound = try desk.held(request, found.row) {
                    held.sound.append(sound)
                } else {
                    held.damaged[found.row] = found.requestId
                }
            }
            return held
        }
    }

    /// How many requests there are.
    func requestCount() async throws(JournalError) -> Int64 {
        try await ask { (desk) throws(JournalError) in try desk.requests.count() }
    }
}

extension BrowsingDesk {
    /// A request with all that it came to; nil where some of that is not as it was written.
    fileprivate func held(_ request: StoredRequest, _ row: Int64) throws(JournalError) -> HeldRequest? {
        var found: [FrozenEvent] = []
        for run in request.eventRuns {
            guard let part = try events.soundEvents(numbered: run) else { return nil }
            found += part
        }
        // Every request that is served was proved, and how is kept.
        guard let authenticity = request.authenticity else { return nil }
        // The header fields go as text, as they would have into the log: what is no UTF-8 is mended by that.
        return HeldRequest(
            row: row, events: request.eventRuns.flatMap { $0 },
            receipt: Receipt(
                requestId: request.requestId, receivedAt: request.receivedAt, source: request.source,
                provider: request.provider, headers: HeaderBlock(request.headers), body: request.body,
                bodyDigest: Digest.sha256(request.body), events: found, faults: try requests.faults(of: row),
                authenticity: authenticity))
    }
}
