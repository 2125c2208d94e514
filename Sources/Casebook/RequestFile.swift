internal import Foundation
public import Model
internal import Wire

/// A request in a file, as it goes over the wire: head, empty line, body.
public enum RequestFile {
    /// Reads the file at a path as a request that came in at a given moment.
    public static func read(_ path: String, receivedAt: Instant = Case.receivedAt) throws(CasebookError) -> Webhook {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CasebookError(path: path, reason: "cannot be read")
        }
        return try read([UInt8](data), at: path, receivedAt: receivedAt)
    }

    /// The request as the gateway's own reader reads it: one request, and nothing behind it.
    static func read(
        _ bytes: [UInt8], at path: String, receivedAt: Instant = Case.receivedAt
    ) throws(CasebookError) -> Webhook {
        var reader = HTTPRequestReader()
        let consumed: Int
        let step: HTTPRequestReader.Step
        do throws(HTTPFault) {
            (consumed, step) = try reader.read(bytes.span)
        } catch {
            throw CasebookError(path: path, reason: error.reason)
        }
        guard case .complete(let request) = step else {
            throw CasebookError(path: path, reason: "is not a whole request")
        }
        guard consumed == bytes.count else {
            throw CasebookError(path: path, reason: "has something behind its request")
        }
        return Webhook(
            method: request.method, path: request.path, query: request.query,
            headers: Headers(bytes: request.head, fields: request.fields), body: request.body, peer: Case.peer,
            receivedAt: receivedAt)
    }
}
