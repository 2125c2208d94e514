/// What a request is answered.
///
/// A class, for one is given to most requests, and whoever waits for it has room for no more than where it is.
public final class Reply: Sendable, Equatable {
    /// The status code, three digits.
    public let status: Int
    /// Such as `application/json`; nil with an empty body.
    public let contentType: String?
    public let body: [UInt8]
    /// Further header fields, such as `Retry-After`. Names and values are ours: no byte of them came from outside.
    public let headers: [Header]
    /// Whether the connection is closed after it.
    public let closes: Bool

    /// A header field: of a reply, or of a request where it stands by itself.
    public struct Header: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(
        status: Int, contentType: String? = nil, body: [UInt8] = [], headers: [Header] = [], closes: Bool = false
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
        self.closes = closes
    }

    public static func == (one: Reply, other: Reply) -> Bool {
        one === other
            || one.status == other.status && one.contentType == other.contentType && one.body == other.body
                && one.headers == other.headers && one.closes == other.closes
    }

    /// A short answer in JSON, `{"error":"…"}`, for whatever is not a success. The word is ours, never the sender's.
    public static func failure(_ status: Int, _ word: String, headers: [Header] = [], closes: Bool = false) -> Reply {
        Reply(
            status: status, contentType: "application/json", body: Array("{\"error\":\"\(word)\"}".utf8),
            headers: headers, closes: closes)
    }
}
