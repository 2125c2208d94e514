import Model

/// Requests that became whole in one pass of the loop and are handed on together.
///
/// That costs less than one by one: there is one task and one wait for the journal, and the processor fetches each piece of
/// the code on their way once for all of them.
final class RequestBatch {
    /// That of one of them: all of them were let in with the same key.
    let pass: Admission.Pass
    private(set) var requests: [Request] = []
    private var bytes = 0
    private var unansweredCount = 0

    struct Request {
        let webhook: Webhook
        /// The connection that waits for the reply.
        let ticket: Ticket
        /// How much memory it takes up.
        let bytes: Int
        fileprivate var isAnswered = false

        init(webhook: Webhook, ticket: Ticket, bytes: Int) {
            self.webhook = webhook
            self.ticket = ticket
            self.bytes = bytes
        }
    }

    init(_ pass: Admission.Pass) {
        self.pass = pass
    }

    /// Whether it takes one more of so many bytes. There is another batch for what has no room.
    func hasRoom(for bytes: Int) -> Bool {
        requests.count < Limits.batchRequestsMax && self.bytes + bytes <= Limits.batchBytesMax
    }

    func add(_ request: Request) {
        requests.append(request)
        bytes += request.bytes
        unansweredCount += 1
    }

    /// The request at a place, which is given its reply now.
    func take(_ place: Int) -> Request {
        precondition(!requests[place].isAnswered, "a request was given two replies")
        requests[place].isAnswered = true
        unansweredCount -= 1
        return requests[place]
    }

    var isAnswered: Bool { unansweredCount == 0 }
}
