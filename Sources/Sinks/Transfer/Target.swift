internal import Model
internal import Wire

extension Transfer {
    /// Where requests go, what they all begin with, and how long they may take.
    struct Target: Sendable {
        let address: HTTPAddress
        /// For a request as a whole, from its first step to the last byte of its answer.
        let timeoutMs: Int64
        /// For the connection that a request may need, within the same time.
        let connectTimeoutMs: Int64
        /// A connection that nothing was sent over for this long, or twice as long, is closed: something on the way may have
        /// forgotten it without a word.
        let restMs: Int64
        let guarding: EgressGuard
        let tls: ClientTLS?
        /// How long the body of a request takes on its way, at least; nothing but a trial wants any of that.
        let bodySeconds: Int
        /// The request line, and the fields that every request carries.
        private let opening: [UInt8]

        /// - Parameter headers: what every request carries, each of them sendable. They stand in the place of what it would
        ///   carry otherwise.
        init(
            address: HTTPAddress, headers: [Header] = [], timeoutMs: Int64, connectTimeoutMs: Int64,
            restMs: Int64 = 55_000, guarding: EgressGuard, tls: ClientTLS? = nil, bodySeconds: Int = 0
        ) {
            self.address = address
            self.timeoutMs = timeoutMs
            self.connectTimeoutMs = min(connectTimeoutMs, timeoutMs)
            self.restMs = restMs
            self.guarding = guarding
            self.tls = tls
            self.bodySeconds = bodySeconds
            let names = Set(headers.map { $0.name.lowercased() })
            let own = [
                Header(name: "host", value: address.authority), Header(name: "user-agent", value: "mogate"),
                Header(name: "accept", value: "*/*"),
            ]
            var opening = Array("POST \(address.target) HTTP/1.1\r\n".utf8)
            for header in own where !names.contains(header.name) { opening.append(header) }
            for header in headers { opening.append(header) }
            self.opening = opening
        }

        /// Appends a request as it is sent: its fields are sendable.
        func append(_ request: Request, to bytes: inout [UInt8]) {
            bytes.append(contentsOf: opening)
            for header in request.headers { bytes.append(header) }
            bytes.append(Header(name: "content-length", value: String(request.body.count)))
            bytes.append(contentsOf: "\r\n".utf8)
            bytes.append(contentsOf: request.body)
        }
    }

    struct Header: Sendable, Equatable {
        var name: String
        var value: String

        /// Whether it can be sent without becoming something else: a token, and no byte that could end the line.
        var isSendable: Bool {
            !name.isEmpty && name.utf8.allSatisfy(ByteSet.token.contains)
                && !value.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ header: Transfer.Header) {
        append(contentsOf: header.name.utf8)
        append(contentsOf: ": ".utf8)
        append(contentsOf: header.value.utf8)
        append(contentsOf: "\r\n".utf8)
    }
}
