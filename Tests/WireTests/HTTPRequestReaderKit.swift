import Wire

/// What came of bytes that were given to a reader, in a form that can be compared.
enum HTTPOutcome: Equatable {
    case taken(HTTPTaken, consumed: Int)
    case refused(HTTPFault)
    case unfinished
    /// Bytes were left unread though no request was complete, which must never be.
    case stuck

    /// Gives the bytes in pieces that end at these places, and at the last byte.
    init(_ bytes: [UInt8], cutAt cuts: [Int] = [], limits: HTTPRequestReader.Limits = .init()) {
        var reader = HTTPRequestReader(limits: limits)
        var start = 0
        for end in cuts + [bytes.count] {
            do throws(HTTPFault) {
                let (consumed, step) = try reader.read(bytes.span.extracting(start..<end))
                if case .complete(let request) = step {
                    self = .taken(HTTPTaken(request), consumed: start + consumed)
                    return
                }
                guard consumed == end - start else {
                    self = .stuck
                    return
                }
            } catch {
                self = .refused(error)
                return
            }
            start = end
        }
        self = .unfinished
    }

    var status: Int? {
        if case .refused(let fault) = self { fault.status } else { nil }
    }

    var request: HTTPTaken? {
        if case .taken(let request, _) = self { request } else { nil }
    }
}

/// A request with its fields as text.
struct HTTPTaken: Equatable {
    var method: String
    var path: String
    var query: String?
    var fields: [String]
    var body: [UInt8]
    var keepsAlive: Bool

    init(_ request: HTTPRequest) {
        method = request.method
        path = request.path
        query = request.query
        fields = request.fields.map { field in
            String(decoding: request.head[field.name], as: UTF8.self) + ": "
                + String(decoding: request.head[field.value], as: UTF8.self)
        }
        body = request.body
        keepsAlive = request.keepsAlive
    }

    var bodyText: String { String(decoding: body, as: UTF8.self) }
}

/// Where to cut bytes in two: everywhere, or for long ones near both ends and here and there between.
func cutsInTwo(of bytes: [UInt8]) -> [Int] {
    let all = Array(0...bytes.count)
    guard bytes.count > 1_500 else { return all }
    return Array(all.prefix(80)) + stride(from: 80, to: bytes.count, by: bytes.count / 20) + Array(all.suffix(40))
}

/// Text of ISO 8859-1 as bytes, so that `\u{0}` to `\u{FF}` stand for what they say.
func octets(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
}
