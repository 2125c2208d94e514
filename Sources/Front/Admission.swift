public import Model

/// What becomes of a request by its head alone, before a byte of its body is taken.
///
/// The body of one that is let in may have so many bytes; nil for as many as the front door's limits say.
public enum Admission: Sendable {
    /// Once it is whole it is answered together with those that came in the same pass of the loop and were let in by the same
    /// object: by the handler of the first of them.
    case batched(by: any AnyObject & Sendable, bodyBytesMax: Int? = nil, handler: Front.BatchHandler)
    /// Once it is whole it is answered, by itself.
    case admitted(bodyBytesMax: Int? = nil, handler: Front.Handler)
    /// It is answered this, and its connection is closed with the body unread.
    case refused(Reply)
}
