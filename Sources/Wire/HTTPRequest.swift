/// A whole HTTP request: what the reader makes of the bytes.
public struct HTTPRequest: Sendable {
    /// Where a field's name and its value (without the blanks around it) lie in ``head``.
    public typealias Field = (name: Range<Int>, value: Range<Int>)

    public let method: String
    /// As it was sent, up to the first `?`.
    public let path: String
    /// As it was sent, after the first `?`; nil where there was none.
    public let query: String?
    /// The bytes that the header fields are ranges of.
    public let head: [UInt8]
    public let fields: [Field]
    /// Empty until the request is whole.
    public internal(set) var body: [UInt8]
    /// Whether the sender will use the connection again.
    public let keepsAlive: Bool

    public init(
        method: String, path: String, query: String?, head: [UInt8], fields: [Field], body: [UInt8], keepsAlive: Bool
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.head = head
        self.fields = fields
        self.body = body
        self.keepsAlive = keepsAlive
    }
}

/// Why bytes are not a request that we take. The connection is closed after the answer.
public struct HTTPFault: Error, Sendable, Equatable {
    /// What it is answered with: 400, 413, 414, 417, 431 or 505, or what whoever looked at the head says.
    public let status: Int
    /// For the log, in words of ours; no byte of the request is in it.
    public let reason: String

    public init(status: Int, reason: String) {
        self.status = status
        self.reason = reason
    }
}

extension HTTPFault {
    static let targetTooLong = HTTPFault(status: 414, reason: "the target is too long")
    static let headTooLarge = HTTPFault(status: 431, reason: "the fields are too large together")
    static let fieldTooLong = HTTPFault(status: 431, reason: "a field is too long")
    static let tooManyFields = HTTPFault(status: 431, reason: "too many fields")
    static let bodyTooLarge = HTTPFault(status: 413, reason: "the body is too large")
    static let expectationNotMet = HTTPFault(status: 417, reason: "an expectation that is not met")
    static let versionNotSpoken = HTTPFault(status: 505, reason: "a version that is not spoken")

    static func malformed(_ reason: String) -> HTTPFault {
        HTTPFault(status: 400, reason: reason)
    }
}
