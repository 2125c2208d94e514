internal import Casebook
internal import Model
internal import Providers
internal import Wire

/// Goal: what is read from a connection depends on its bytes alone, and what is read does no harm.
///
/// Method: each input is what a peer sends. It is read whole, byte by byte and in pieces of other sizes, and must come to
/// the same requests and the same end. Each request is then shown to every vendor's check of its signature.
public struct ReaderHarness: Sendable {
    private let sources: [Source]

    public init() {
        sources = catalog.map { provider in
            let secrets = ["0123456789abcdef", "MDEyMzQ1Njc4OWFiY2RlZg=="]
            let keys = secrets.compactMap { try? provider.signingKey(from: $0) }
            return Source(
                name: provider.name, provider: provider.name,
                secrets: keys.map { Secret(name: "key", key: $0) }, customerID: "customer")
        }
    }

    public func check(_ bytes: [UInt8]) {
        let whole = Reading(of: bytes, inPiecesOf: max(bytes.count, 1))
        for size in [1, 1 + bytes.count / 2, 2 + bytes.count % 61] {
            require(Reading(of: bytes, inPiecesOf: size) == whole, "pieces of \(size) bytes read otherwise")
        }
        for request in whole.requests { show(request) }
    }

    /// A signature may be right only by a key that is not to be guessed; other than that, anything may be refused.
    private func show(_ request: HTTPRequest) {
        let webhook = Webhook(
            method: request.method, path: request.path, query: request.query,
            headers: Headers(bytes: request.head, fields: request.fields), body: request.body, peer: Case.peer,
            receivedAt: Case.receivedAt)
        for (provider, source) in zip(catalog, sources) {
            require((try? provider.authenticate(webhook, for: source)) == nil, "a signature was guessed")
        }
    }
}

/// What a reader made of a connection's bytes.
private struct Reading: Equatable {
    private(set) var requests: [HTTPRequest] = []
    private var fault: HTTPFault?
    /// Whether the bytes end between two requests.
    private var isAtStart = true
    /// Whether they end within a body.
    private var isInBody = false

    /// Small enough that inputs of a few kilobytes reach each of them.
    private static let limits = HTTPRequestReader.Limits(
        requestLineBytes: 256, headBytes: 1_024, fieldBytes: 512, fields: 20, bodyBytes: 2_048, trailerBytes: 128)

    init(of bytes: [UInt8], inPiecesOf size: Int) {
        var reader = HTTPRequestReader(limits: Self.limits)
        do throws(HTTPFault) {
            var position = 0
            while position < bytes.count {
                let end = min(position + size, bytes.count)
                let (consumed, step) = try reader.read(bytes.span.extracting(position..<end))
                position += consumed
                switch step {
                case .complete(let request):
                    require(consumed > 0, "a request of no bytes")
                    requests.append(request)
                case .needsMore, .wantsContinue: require(position == end, "bytes were left unread")
                }
            }
        } catch {
            fault = error
        }
        isAtStart = reader.isAtStart
        isInBody = reader.isInBody
    }

    static func == (one: Reading, other: Reading) -> Bool {
        one.fault == other.fault && one.isAtStart == other.isAtStart && one.isInBody == other.isInBody
            && one.requests.count == other.requests.count && zip(one.requests, other.requests).allSatisfy(isSame)
    }

    private static func isSame(_ one: HTTPRequest, _ other: HTTPRequest) -> Bool {
        one.method == other.method && one.path == other.path && one.query == other.query && one.head == other.head
            && one.body == other.body && one.keepsAlive == other.keepsAlive
            && one.fields.count == other.fields.count && zip(one.fields, other.fields).allSatisfy { $0 == $1 }
    }
}
