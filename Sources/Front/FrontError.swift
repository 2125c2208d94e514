/// Why the front door cannot be opened.
public enum FrontError: Error, Sendable, Equatable {
    /// The address is not one: hosts are told in numbers.
    case notAnAddress(String)
    /// The system would not let us listen there; the code is its error number.
    case cannotListen(ListenAddress, code: Int32)
    /// It was opened before, or is closed already.
    case notClosed
}
