/// A JSON value as the vendor sent it, for what the model has no place for: the value, and not its spelling.
public enum Verbatim: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    case string(String)
    case array([Verbatim])
    /// In the vendor's order.
    case object([Member])

    public struct Member: Sendable, Equatable {
        public let name: String
        public let value: Verbatim

        public init(name: String, value: Verbatim) {
            self.name = name
            self.value = value
        }
    }
}

extension Verbatim {
    /// As JSON without white space.
    public var json: [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.value(self)
        return json.finish()
    }
}
