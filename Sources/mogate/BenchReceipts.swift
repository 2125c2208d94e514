import Casebook
import Gateway
import Model
import Providers

/// What recorded callbacks come to, over and over, each time with ids that were never used before.
///
/// They are decoded once, so that what is measured with them is what comes after decoding.
struct BenchReceipts {
    private let decoded: [Receipt]
    private var place = 0
    private var ids: UInt64 = 0
    /// In the upper half of every id: another one for every run.
    private let run = UInt64(bitPattern: Time.system.now().microseconds)

    /// - Throws: where there is no case that comes to an event.
    init(fixtures: String, only: String?) throws {
        let cases: [Case]
        do throws(CasebookError) { cases = try Case.all(in: fixtures) } catch {
            Output.complaint(error.description)
            throw Exit.noInput
        }
        let chosen = cases.filter { only.map($0.description.contains) ?? true }
        decoded = chosen.compactMap(Self.receipt).filter { !$0.events.isEmpty }
        guard !decoded.isEmpty else {
            Output.complaint("no case in \(fixtures) that comes to an event")
            throw Exit.noInput
        }
    }

    private static func receipt(_ fixture: Case) -> Receipt? {
        guard let provider = catalog.first(where: { $0.name == fixture.provider }),
            let request = try? provider.authenticate(fixture.webhook, for: fixture.source)
        else { return nil }
        var decoding = provider.decode(request, for: fixture.source)
        return Receipt(request, &decoding, keeping: provider.headerNames(toKeepOf: request), for: fixture.source)
    }

    private mutating func freshId() -> EventID {
        ids += 1
        // Multiplied by an odd number no two are the same, and they lie as far apart as digests do.
        return EventID(high: (run &+ ids) &* 0x9E37_79B9_7F4A_7C15, low: ids &* 0xBF58_476D_1CE4_E5B9)
    }

    mutating func next() -> Receipt {
        let receipt = decoded[place]
        place = (place + 1) % decoded.count
        let events = receipt.events.map { event in
            FrozenEvent(id: freshId(), label: event.label, subject: event.subject, bytes: event.bytes)
        }
        return Receipt(
            requestId: freshId(), receivedAt: Time.system.now(), source: receipt.source, provider: receipt.provider,
            headers: receipt.headers, body: receipt.body, bodyDigest: receipt.bodyDigest, events: events, faults: [],
            authenticity: receipt.authenticity)
    }

    mutating func next(_ count: Int) -> [Receipt] {
        (0..<count).map { _ in next() }
    }

    /// Events as a sink is given them, numbered from 1.
    mutating func entries(_ count: Int) -> [Entry] {
        var entries: [Entry] = []
        while entries.count < count {
            let receipt = next()
            for event in receipt.events where entries.count < count {
                entries.append(
                    Entry(sequence: Int64(entries.count + 1), event: event, receivedAt: receipt.receivedAt))
            }
        }
        return entries
    }
}
