public import Model

/// What becomes of a request by its head alone, before a byte of its body is taken.
public enum Admission: Sendable {
    /// It is answered once it is whole.
    case admitted(Pass)
    /// It is answered this, and its connection is closed with the body unread.
    case refused(Reply)

    /// What a request is let in with.
    public struct Pass: Sendable {
        let batchKey: (any AnyObject & Sendable)?
        let bodyBytesMax: Int?
        let handler: Front.BatchHandler

        /// - Parameters:
        ///   - batchKey: what it has in common with those that it may be answered together with: requests that are whole in
        ///     the same pass of the loop, and are let in with the same object, go to the handler of one of them. Nil where
        ///     it is answered alone.
        ///   - bodyBytesMax: how many bytes its body may have; nil for as many as the front door's limits say.
        public init(
            batchKey: (any AnyObject & Sendable)?, bodyBytesMax: Int? = nil, handler: @escaping Front.BatchHandler
        ) {
            self.batchKey = batchKey
            self.bodyBytesMax = bodyBytesMax
            self.handler = handler
        }
    }

    /// It is answered once it is whole, and alone.
    public static func admitted(bodyBytesMax: Int? = nil, handler: @escaping Front.Handler) -> Admission {
        .admitted(
            Pass(batchKey: nil, bodyBytesMax: bodyBytesMax) { webhooks, reply in
                for (place, webhook) in webhooks.enumerated() { reply(place, await handler(webhook)) }
            })
    }
}
