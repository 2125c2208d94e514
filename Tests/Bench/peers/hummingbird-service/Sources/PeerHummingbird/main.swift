// A callback service as one would write it with Hummingbird 2: Codable, swift-crypto, SQLite with one commit for all that
// wait, and 200 after it. It makes one event a callback, keeps no raw body, and knows no duplicates.
//
//     peer-hummingbird PORT JOURNAL
import Crypto
import Foundation
import Hummingbird
import NIOPosix

let (port, path) = (CommandLine.arguments[1], CommandLine.arguments[2])
let key = SymmetricKey(data: Data(base64Encoded: ProcessInfo.processInfo.environment["TELESIGN_KEY"]!)!)
let journal = Journal(at: path)

func isAuthentic(_ authorization: String?, _ body: Data) -> Bool {
    guard let text = authorization?.split(separator: ":").last, let code = Data(base64Encoded: String(text)) else {
        return false
    }
    return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key)
}

let router = Router()
router.post("/in/telesign") { request, _ -> HTTPResponse.Status in
    let body = Data(buffer: try await request.body.collect(upTo: 65_536))
    guard isAuthentic(request.headers[.authorization], body) else { return .unauthorized }
    let receivedAt = Int64(Date().timeIntervalSince1970 * 1_000_000)
    guard let callback = try? JSONDecoder().decode(Callback.self, from: body) else { return .badRequest }
    await journal.append(try JSONEncoder().encode(Event(callback, receivedAt: receivedAt)), receivedAt: receivedAt)
    return .ok
}

// One loop, as the others have.
let app = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: Int(port)!)),
    eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)))
try await app.runService()
