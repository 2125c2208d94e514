import Glibc
import Model

/// Events to deliver.
enum Sample {
    static let receivedAt = Instant(microseconds: 1_795_516_200_000_000)

    static func event(
        _ number: Int, text: String = "Hei hei", subject: String? = "+4790000001", traceparent: String? = nil
    ) -> Event {
        let id = EventID(high: 0x1111_2222_3333_5444, low: 0x8000_0000_0000_0000 | UInt64(number))
        return Event(
            id: id, subject: subject, traceparent: traceparent, provider: "mobile-text-alerts", source: "mta",
            channel: .sms, direction: .inbound, providerMessageId: "m-\(number)",
            from: Address(kind: .phone, value: "+4790000001", raw: "4790000001"), to: nil, occurredAt: nil,
            receivedAt: receivedAt, authenticity: Authenticity(method: "mta-hmac-sha256", key: "1"),
            provenance: Provenance(
                requestId: id, bodySha256: String(repeating: "0", count: 64), decoder: "mobile-text-alerts/1", index: 0,
                idBasis: .provider),
            body: .received(Event.Message(content: [.text(text)])))
    }

    static func entry(_ number: Int, text: String = "Hei hei", subject: String? = "+4790000001") -> Entry {
        Entry(
            sequence: Int64(number), event: FrozenEvent(event(number, text: text, subject: subject)),
            receivedAt: receivedAt)
    }

    static func entries(_ numbers: ClosedRange<Int>) -> [Entry] {
        numbers.map { entry($0) }
    }

    /// What the file of these entries holds.
    static func lines(_ numbers: ClosedRange<Int>) -> String {
        entries(numbers).map { String(decoding: $0.json, as: UTF8.self) + "\n" }.joined()
    }

    /// The real time, for those who compare with their own clock.
    static func clock() -> Instant {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Instant(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000)
    }
}
