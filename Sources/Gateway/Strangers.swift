internal import Model

/// Who was refused of late, and how often: a table that is bounded, since anyone can come from many addresses.
///
/// It keeps two generations. When the younger one is full it becomes the older one, which is forgotten: whoever was not
/// refused again meanwhile starts anew.
struct Strangers: Sendable {
    /// How many addresses a generation holds: under 200 bytes each.
    static let addressesMax = 8_192

    private let rate: Rate
    private var young: [IPAddress: TokenBucket] = [:]
    private var old: [IPAddress: TokenBucket] = [:]

    init(rate: Rate) {
        self.rate = rate
    }

    /// How many addresses it remembers.
    var count: Int { young.count + old.count }

    /// Nearly always, and told without a look at any address.
    private var isEmpty: Bool { young.isEmpty && old.isEmpty }

    /// Notes that a request from there was refused.
    mutating func refused(_ address: IPAddress, at now: Instant) {
        let key = address.clientPrefix
        var bucket = young[key] ?? old[key] ?? TokenBucket(rate, at: now)
        _ = bucket.take(at: now)
        if young[key] == nil {
            if young.count >= Self.addressesMax {
                old = young
                young = [:]
            }
            old[key] = nil
        }
        young[key] = bucket
    }

    /// Notes that a request from there was authentic: whoever sent the others, this one is not to be kept waiting.
    mutating func proved(_ address: IPAddress) {
        if isEmpty { return }
        let key = address.clientPrefix
        young[key] = nil
        old[key] = nil
    }

    /// How many seconds nothing is taken from there; 0 for most.
    mutating func secondsToWait(_ address: IPAddress, at now: Instant) -> Int {
        if isEmpty { return 0 }
        let key = address.clientPrefix
        if young[key] != nil { return young[key]?.secondsToWait(at: now) ?? 0 }
        return old[key]?.secondsToWait(at: now) ?? 0
    }
}
