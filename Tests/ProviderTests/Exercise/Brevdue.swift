import Model
import Wire

@testable import Providers

/// Brevdue, which does not exist: texts in, and what became of texts sent. It was made after `Sources/Providers/README.md`.
///
/// JSON; HMAC-SHA256 over the raw body, in hexadecimal.
///
///     POST /in/brevdue
///     Brevdue-Signature: 7c1e…
///
///     {"kind":"text","ref":"b-1001","msisdn":"4790000001","to":"2470","body":"Hei hei","at":"2026-11-01T10:00:00Z"}
///     {"kind":"receipt","ref":"b-2001","msisdn":"4790000001","outcome":"delivered","at":"2026-11-01T10:00:05Z"}
enum Brevdue: Provider {
    static let name = "brevdue"
    static let decoder = "brevdue/1"
    static let success = Reply(status: 204)
    static let keptHeaders = [signatureHeader]

    static func signingKey(from secret: String) throws(KeyFault) -> [UInt8] {
        guard !secret.isEmpty else { throw KeyFault(reason: "the secret is empty") }
        return Array(secret.utf8)
    }

    static func sign(_ body: [UInt8], with secret: Secret, for source: Source) -> [Receipt.Header] {
        [.init(name: signatureHeader, value: Hex.encode(HMACSHA256(key: secret.key).code(for: body)))]
    }

    static func verify(_ webhook: Webhook, for source: Source) throws(Refusal) -> Authentic {
        let signature = try webhook.headers.proof(signatureHeader)
        guard let code = Hex.decode(signature), code.count == 32 else { throw .forged(.malformed) }
        guard let secret = source.secret(behind: code, of: webhook.body) else { throw .forged(.mismatch) }
        return Authentic(webhook, for: source, by: Authenticity(method: "brevdue-hmac-sha256", key: secret.name))
    }

    static func decode(_ request: Authentic, for source: Source) -> Decoding {
        let reading = Reading(request, for: source, by: self)
        do throws(Fault) {
            let root = try reading.root()
            let kind = root.peek("kind")
            guard let kind, ["text", "receipt"].contains(kind) else {
                throw Fault(path: "$.kind", reason: "expected `text` or `receipt`")
            }
            root.keep("kind")
            let event = kind == "text" ? text(root, reading) : receipt(root, reading)
            return reading.finish([event], of: root)
        } catch {
            return Decoding(faults: [error], sightings: reading.findings.sightings)
        }
    }

    private static func text(_ root: Fields, _ reading: Reading) -> Event {
        let id = root.id("ref")
        let content = root.text("body").map { [Content.text($0)] } ?? []
        return reading.event(
            .received(Event.Message(content: content)), identity: identity(id), channel: .sms, direction: .inbound,
            providerMessageId: id, from: root.text("msisdn").map { Address(international: $0) },
            to: root.text("to").map { Address(international: $0) },
            occurredAt: root.instant("at", receivedAt: reading.request.receivedAt))
    }

    private static func receipt(_ root: Fields, _ reading: Reading) -> Event {
        let id = root.id("ref")
        let word = root.string("outcome") ?? ""
        let outcome = outcomes[word]
        // A word the vendor may invent tomorrow is no reason to lose what it says.
        if outcome == nil { root.sight("outcome", word: word) }
        let status = Event.Status(
            state: outcome?.state ?? .unknown, isFinal: outcome?.isFinal ?? false, providerState: word)
        return reading.event(
            .status(status), identity: identity(id, details: [word]), channel: .sms, direction: .outbound,
            providerMessageId: id, from: nil, to: root.text("msisdn").map { Address(international: $0) },
            occurredAt: root.instant("at", receivedAt: reading.request.receivedAt))
    }

    private static func identity(_ id: String?, details: [String] = []) -> Reading.Identity {
        id.map { .vendor(id: $0, details: details) } ?? .body
    }

    private static let outcomes: [String: (state: Event.Status.State, isFinal: Bool)] = [
        "queued": (.queued, false), "delivered": (.delivered, true), "failed": (.failed, true),
    ]

    private static let signatureHeader = "Brevdue-Signature"
}
