/// A key, which no log, no message and no debugger's view of a value will show.
public struct Secret: Sendable, Equatable {
    /// What the operator calls it, for logs and for `authenticity.key`: a number within its source, never its content.
    public let name: String
    /// The key itself, in the form its provider signs with.
    public let key: [UInt8]

    public init(name: String, key: [UInt8]) {
        self.name = name
        self.key = key
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(secret)" }
    public var debugDescription: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
