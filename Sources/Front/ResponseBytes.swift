import Model

/// A reply as it goes over the wire, in one piece.
enum ResponseBytes {
    /// What a sender is told who wants to be asked for the body of its request.
    static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// - Parameter omitsBody: whether only the head is sent, as the answer to HEAD is.
    static func render(_ reply: Reply, closes: Bool, omitsBody: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160 + reply.body.count)
        bytes.append(contentsOf: "HTTP/1.1 ".utf8)
        bytes.append(contentsOf: String(reply.status).utf8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: phrase(for: reply.status).utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        if let contentType = reply.contentType {
            bytes.appendField("Content-Type", contentType)
        }
        // A 204 has no body, and may not speak of its length.
        if reply.status != 204 {
            bytes.appendField("Content-Length", String(reply.body.count))
        }
        for header in reply.headers {
            bytes.appendField(header.name, header.value)
        }
        if closes {
            bytes.appendField("Connection", "close")
        }
        bytes.append(contentsOf: "\r\n".utf8)
        if !omitsBody, reply.status != 204 {
            bytes.append(contentsOf: reply.body)
        }
        return bytes
    }

    /// The words behind a status, of which nothing depends. https://www.rfc-editor.org/rfc/rfc9110#section-15
    static func phrase(for status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendField(_ name: String, _ value: String) {
        append(contentsOf: name.utf8)
        append(contentsOf: ": ".utf8)
        append(contentsOf: value.utf8)
        append(contentsOf: "\r\n".utf8)
    }
}
