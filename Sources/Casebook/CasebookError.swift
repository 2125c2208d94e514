/// Why a recorded case cannot be read or written.
public struct CasebookError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or the folder.
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path): \(reason)" }
}
