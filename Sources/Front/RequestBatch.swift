import Model

/// Requests that came in one pass of the loop and are answered together.
///
/// That costs less than one by one: there is one task and one wait for the journal, and the processor fetches each piece of
/// the code on their way once for all of them.
final class RequestBatch {
    /// What those have in common that may share it; nil where it is for one alone.
    let key: (any AnyObject & Sendable)?
    let handler: Front.BatchHandler
    private(set) var requests: [Request] = []
    private var bytes = 0

    struct Request {
        let webhook: Webhook
        /// The connection that waits for the reply.
        let ticket: Ticket
        /// How much memory it takes up.
        let bytes: Int
    }

    init(key: (any AnyObject & Sendable)?, handler: @escaping Front.BatchHandler) {
        self.key = key
        self.handler = handler
    }

    /// Whether it takes one more of so many bytes.
    func hasRoom(for bytes: Int) -> Bool {
        requests.count < Limits.batchRequestsMax && self.bytes + bytes <= Limits.batchBytesMax
    }

    func add(_ request: Request) {
        requests.append(request)
        bytes += request.bytes
    }
}
