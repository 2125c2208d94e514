import Crypto
import Foundation

/// Takes events from mogate in any server: verifies, deduplicates, decodes.
///
/// ```swift
/// let receiver = try EventReceiver(secret: "whsec_…")
/// switch try await receiver.take(body, headers: headers) {
/// case .new(let event): …        // then answer 204
/// case .seen: …                  // answer 204
/// case .forged: …                // answer 401
/// }
/// ```
public actor EventReceiver {
    private let key: SymmetricKey
    /// In earnest: a unique key in your database, written in the transaction that does what is to be done.
    private var seen: Set<String> = []

    /// What most receivers want of an event; all of it is in the JSON Schema.
    public struct Event: Codable, Sendable {
        public let id: String
        public let type: String
        public let subject: String?
        public let time: String
    }

    public enum Outcome: Sendable {
        case new(Event)
        case seen
        case forged
    }

    public struct NoSecret: Error {}

    public init(secret: String) throws {
        guard let bytes = Data(base64Encoded: secret.replacing(/^whsec_/, with: "")) else { throw NoSecret() }
        key = SymmetricKey(data: bytes)
    }

    /// - Parameter headers: by their names in lower case.
    public func take(_ body: Data, headers: [String: String], now: Date = Date()) throws -> Outcome {
        guard isAuthentic(body, headers, now) else { return .forged }
        let event = try JSONDecoder().decode(Event.self, from: body)
        return seen.insert(event.id).inserted ? .new(event) : .seen
    }

    /// https://www.standardwebhooks.com
    private func isAuthentic(_ body: Data, _ headers: [String: String], _ now: Date) -> Bool {
        guard let id = headers["webhook-id"], let timestamp = headers["webhook-timestamp"],
            let seconds = Double(timestamp), abs(now.timeIntervalSince1970 - seconds) < 300
        else { return false }
        let signed = Data("\(id).\(timestamp).".utf8) + body
        return (headers["webhook-signature"] ?? "").split(separator: " ").contains { signature in
            guard signature.hasPrefix("v1,"), let code = Data(base64Encoded: String(signature.dropFirst(3))) else {
                return false
            }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key)
        }
    }
}
