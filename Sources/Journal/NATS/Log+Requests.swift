internal import Model
internal import NATS
internal import Wire

/// A request's messages, put together again.
extension Log {
    /// The first and the last number that the stream of what came in has.
    func bounds() async throws(JournalError) -> (first: Int64, last: Int64) {
        do throws(NATSFault) {
            let state = try await client.ask(
                "STREAM.INFO.\(names.stream)", timeoutMs: NATSJournal.Settings.questionMs)["state"]
            return (state?["first_seq"]?.integer ?? 1, state?["last_seq"]?.integer ?? 0)
        } catch {
            throw JournalError(error)
        }
    }

    /// The headers and the body that a message came with; nil where they were taken away.
    func whole(of record: LogRecord) async throws(JournalError) -> LogRecord.Whole? {
        if let whole = record.whole { return whole }
        return try await message(ofRequest: record)?.whole
    }

    /// The message that a request has for itself.
    func message(ofRequest record: LogRecord) async throws(JournalError) -> LogRecord? {
        let subject = names.request(source: record.source, bodyDigest: record.bodyDigest)
        return try await last(subject, in: names.stream).flatMap { LogRecord($0) }
    }

    /// The request that a message is a part of; nil where its body was taken away.
    func request(of record: LogRecord) async throws(JournalError) -> StoredRequest? {
        var ids: [EventID] = []
        var whole = record.whole
        if case .request(let all) = record.part {
            ids = all
        } else if whole == nil, let own = try await message(ofRequest: record), case .request(let all) = own.part {
            (ids, whole) = (all, own.whole)
        }
        guard let whole else { return nil }
        var numbers: [Int64] = record.entry.map { [$0.sequence] } ?? []
        for id in ids {
            guard let stored = try await last(names.event(id), in: names.stream), let event = LogRecord(stored),
                event.requestId == record.requestId
            else { continue }
            numbers.append(event.sequence)
        }
        let runs = Set(numbers).sorted().map { $0..<$0 + 1 }
        return StoredRequest(
            requestId: record.requestId, receivedAt: record.receivedAt, source: record.source,
            provider: record.provider, headers: whole.headers, body: whole.body,
            events: runs.first ?? record.sequence..<record.sequence, furtherEvents: Array(runs.dropFirst()),
            authenticity: record.authenticity)
    }
}

/// Letters of ASCII in one case, and all other bytes as they are.
enum ASCIICase {
    static func lowered(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
    }
}
