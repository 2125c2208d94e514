import Model

@testable import Front

extension Admission.Pass {
    /// What requests are answered that are whole in the same pass of the loop, in their order; 0 where it is nothing.
    func replies(to webhooks: [Webhook]) async -> [Reply] {
        var replies = [Reply?](repeating: nil, count: webhooks.count)
        await handler(webhooks) { place, reply in
            precondition(replies[place] == nil, "it was answered twice")
            replies[place] = reply
        }
        return replies.map { $0 ?? Reply(status: 0) }
    }

    /// Whether requests that are let in with both are answered together.
    func sharesBatch(with other: Self) -> Bool { batchKey != nil && batchKey === other.batchKey }
}
