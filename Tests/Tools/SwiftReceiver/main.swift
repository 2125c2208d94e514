/// A server around `EventReceiver`, as small as one can be: one request at a time, one request a connection.
///
///     WEBHOOK_SECRET=whsec_… PORT=0 receiver
///
/// Prints the port that it listens on, and the body of each event that is new.

import Foundation
import Glibc

func tell(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

let environment = ProcessInfo.processInfo.environment
let receiver = try EventReceiver(secret: environment["WEBHOOK_SECRET"] ?? "")

let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
var address = sockaddr_in()
address.sin_family = sa_family_t(AF_INET)
address.sin_port = UInt16(environment["PORT"] ?? "0")!.bigEndian
address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
var length = socklen_t(MemoryLayout<sockaddr_in>.size)
withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard bind(listener, $0, length) == 0, listen(listener, 64) == 0, getsockname(listener, $0, &length) == 0 else {
            fatalError("cannot listen: \(String(cString: strerror(errno)))")
        }
    }
}
tell("listening on \(UInt16(bigEndian: address.sin_port))")

while true {
    let connection = accept(listener, nil, nil)
    guard connection >= 0, let (headers, body) = request(on: connection) else {
        close(connection)
        continue
    }
    let status: String
    switch try? await receiver.take(body, headers: headers) {
    case .new:
        tell(String(decoding: body, as: UTF8.self))
        status = "204 No Content"
    case .seen: status = "204 No Content"
    case .forged: status = "401 Unauthorized"
    case nil: status = "400 Bad Request"
    }
    let answer = Array("HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
    _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
    close(connection)
}

/// The header fields, by their names in lower case, and the body; nil where the connection ends before them.
func request(on connection: Int32) -> ([String: String], Data)? {
    var bytes = Data()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var head: Range<Data.Index>?
    var headers: [String: String] = [:]
    while true {
        if head == nil, let end = bytes.firstRange(of: Data("\r\n\r\n".utf8)) {
            head = end
            for line in String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
        }
        if let head, let count = Int(headers["content-length"] ?? "0"), bytes.count - head.upperBound >= count {
            return (headers, bytes[head.upperBound..<head.upperBound + count])
        }
        let count = recv(connection, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        bytes.append(contentsOf: buffer[..<count])
    }
}
