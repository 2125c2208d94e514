internal import Model
internal import Threads

/// Holds senders to their rates: sources by what they bring, strangers by how often they were refused.
///
/// A source's rate is taken from by authentic requests alone, so that nobody else can use it up.
struct Throttle: Sendable {
    private struct State {
        var strangers: Strangers?
        var sources: [String: (rate: Rate, bucket: TokenBucket)] = [:]
    }

    private let state: Lock<State>

    /// - Parameter strangers: how often one address may be refused; nil for as often as it likes.
    init(strangers: Rate?) {
        state = Lock(State(strangers: strangers.map { Strangers(rate: $0) }))
    }

    /// How many addresses are remembered for what was refused them.
    var strangersCount: Int { state.withLock { $0.strangers?.count ?? 0 } }

    /// How many seconds a request has to wait for, 0 where it may come in: for who sends it, and for where it goes.
    func secondsToWait(from peer: IPAddress?, to source: Source?, at now: Instant) -> Int {
        state.withLock { state in
            let asStranger = stranger(peer).flatMap { state.strangers?.secondsToWait($0, at: now) } ?? 0
            guard let source, let rate = source.access.rate, var known = state.sources[source.name], known.rate == rate
            else { return asStranger }
            let asSource = known.bucket.secondsToWait(at: now)
            state.sources[source.name] = known
            return max(asStranger, asSource)
        }
    }

    /// Takes one of what a source may bring; how many seconds it has to wait where nothing is left.
    func take(from source: Source, at now: Instant) -> Int {
        guard let rate = source.access.rate else { return 0 }
        return state.withLock { state in
            var bucket = TokenBucket(rate, at: now)
            if let known = state.sources[source.name], known.rate == rate { bucket = known.bucket }
            let isTaken = bucket.take(at: now)
            state.sources[source.name] = (rate, bucket)
            return isTaken ? 0 : bucket.secondsToWait(at: now)
        }
    }

    /// A sender proved itself: what was refused from its address before, such as for a key that was changed, is forgotten.
    func proved(_ peer: IPAddress?) {
        guard let address = stranger(peer) else { return }
        state.withLock { $0.strangers?.proved(address) }
    }

    func refused(_ peer: IPAddress?, at now: Instant) {
        guard let address = stranger(peer) else { return }
        state.withLock { $0.strangers?.refused(address, at: now) }
    }

    /// Whoever connects from the machine itself is a proxy that was not named as one, or a person who tries it out: all the
    /// world would be held to the rate of one.
    private func stranger(_ peer: IPAddress?) -> IPAddress? {
        peer.flatMap { $0.isLoopback ? nil : $0 }
    }
}
