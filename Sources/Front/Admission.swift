public import Model

/// What becomes of a request by its head alone, before a byte of its body is taken.
public enum Admission: Sendable {
    /// It is answered by this once it is whole. Its body may have so many bytes; nil for as many as the front door's limits
    /// say.
    case admitted(bodyBytesMax: Int? = nil, handler: Front.Handler)
    /// It is answered this, and its connection is closed with the body unread.
    case refused(Reply)
}
