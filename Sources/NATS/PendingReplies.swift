internal import Threads

/// Requests that wait for what a server says to them, each by its number, which the inbox that a reply comes to tells. What
/// a consumer brings comes under the subject that it has in its stream, and is told by the consumer's name.
///
/// It is filled by whoever asks, emptied by the library's threads, and looked through now and then for what took too long.
final class PendingReplies: Sendable {
    typealias Answer = Result<[NATSMessage], NATSFault>

    private struct Waiting {
        /// So many messages are the end; a word from the server in place of one is always.
        let countMax: Int
        /// The consumer that is to bring them; nil for a reply proper.
        let consumer: String?
        let deadline: ContinuousClock.Instant
        let done: CheckedContinuation<Answer, Never>
        var messages: [NATSMessage] = []
    }

    private struct State {
        var waiting: [UInt64: Waiting] = [:]
        /// The newest request to each consumer that is asked for messages.
        var pulls: [String: UInt64] = [:]
        var next: UInt64 = 0
        var isClosed = false

        mutating func remove(_ number: UInt64) -> Waiting? {
            guard let waiting = waiting.removeValue(forKey: number) else { return nil }
            if let consumer = waiting.consumer, pulls[consumer] == number { pulls[consumer] = nil }
            return waiting
        }
    }

    /// Answers come to this with a number behind it.
    let inbox: String
    private let state = Lock(State())

    init(inbox: String) {
        self.inbox = inbox
    }

    /// Puts a request in line.
    /// - Returns: where its answers are to go; nil where nothing is waited for any more, and `done` was told.
    func add(
        countMax: Int, from consumer: String?, deadline: ContinuousClock.Instant,
        _ done: CheckedContinuation<Answer, Never>
    ) -> (number: UInt64, subject: String)? {
        let number: UInt64? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.next += 1
            state.waiting[state.next] = Waiting(
                countMax: countMax, consumer: consumer, deadline: deadline, done: done)
            if let consumer { state.pulls[consumer] = state.next }
            return state.next
        }
        guard let number else {
            done.resume(returning: .failure(.closed))
            return nil
        }
        return (number, "\(inbox).\(number)")
    }

    /// Takes in what came. What nobody waits for any more is dropped.
    func take(_ message: NATSMessage) {
        let consumer = message.place?.consumer
        let inboxNumber = consumer == nil ? number(inSubject: message.subject) : nil
        let isNobody = message.status == 503
        let ended: (CheckedContinuation<Answer, Never>, Answer)? = state.withLock { state in
            guard let number = inboxNumber ?? consumer.flatMap({ state.pulls[$0] }),
                var waiting = state.remove(number)
            else { return nil }
            if isNobody, waiting.messages.isEmpty { return (waiting.done, .failure(.nobody)) }
            if message.status == nil { waiting.messages.append(message) }
            guard message.status == nil, waiting.messages.count < waiting.countMax else {
                return (waiting.done, .success(waiting.messages))
            }
            state.waiting[number] = waiting
            if let consumer { state.pulls[consumer] = number }
            return nil
        }
        ended?.0.resume(returning: ended?.1 ?? .failure(.unanswered))
    }

    /// Takes a request out of the line whose message could not be sent.
    func fail(_ number: UInt64, _ fault: NATSFault) {
        state.withLock { $0.remove(number) }?.done.resume(returning: .failure(fault))
    }

    /// Answers all whose time is over. What came so far of several messages is what there is.
    func expire(at now: ContinuousClock.Instant) {
        let late = state.withLock { state in
            let late = state.waiting.filter { $0.value.deadline <= now }
            for number in late.keys { _ = state.remove(number) }
            return late
        }
        for waiting in late.values { Self.end(waiting) }
    }

    /// The connection broke: what was on its way may have been done or not.
    func disconnect() {
        let broken = state.withLock { state in
            defer { (state.waiting, state.pulls) = ([:], [:]) }
            return state.waiting
        }
        for waiting in broken.values { Self.end(waiting) }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        disconnect()
    }

    private func number(inSubject subject: String) -> UInt64? {
        subject.hasPrefix(inbox) ? UInt64(subject.dropFirst(inbox.count + 1)) : nil
    }

    private static func end(_ waiting: Waiting) {
        let isPart = waiting.countMax > 1 && !waiting.messages.isEmpty
        waiting.done.resume(returning: isPart ? .success(waiting.messages) : .failure(.unanswered))
    }
}
