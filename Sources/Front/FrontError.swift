internal import Threads

/// Why the front door cannot be opened.
public enum FrontError: Error, Sendable, Equatable {
    /// The address is not one: hosts are told in numbers.
    case notAnAddress(String)
    /// The system would not let us listen there; the code is its error number.
    case cannotListen(ListenAddress, code: Int32)
    /// It was opened before, or is closed already.
    case notClosed
}

extension FrontError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAnAddress(let host): "cannot listen on \(host): it is no address in numbers"
        case .cannotListen(let address, let code): "cannot listen on \(address): \(SystemError.words(of: code))"
        case .notClosed: "cannot listen: the door was opened before"
        }
    }
}
