/// What goes to a server, or comes from one.
public struct NATSMessage: Sendable {
    public var subject: String
    /// Where an answer goes, in what came; nil in what is to be sent, since that is the client's affair.
    public var reply: String?
    public var headers: [Header]
    public var body: [UInt8]
    /// The server's word about a request, such as 404, in place of a message; nil for a message.
    public var status: Int?

    public struct Header: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// Whether it can be sent without becoming something else.
        var isSendable: Bool {
            !name.isEmpty && name.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ":") }
                && !value.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        }
    }

    public init(subject: String, headers: [Header] = [], body: [UInt8] = []) {
        self.subject = subject
        self.headers = headers
        self.body = body
    }

    init(subject: String, reply: String?, status: Int?, body: [UInt8]) {
        self.init(subject: subject, body: body)
        self.reply = reply
        self.status = status
    }

    /// Whether it is a subject that can be published to: tokens of visible ASCII with dots between, and no wildcard.
    public static func isPublishable(_ subject: String) -> Bool {
        !subject.isEmpty && subject.utf8.count <= subjectBytesMax
            && subject.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isToken)
    }

    static let subjectBytesMax = 512

    /// Whether it can stand between two dots.
    public static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                0x21...0x7E ~= $0 && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: ">")
            }
    }
}
