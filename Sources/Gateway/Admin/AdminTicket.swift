internal import Foundation
internal import Front
internal import Journal
internal import Model
internal import Providers
internal import Wire

/// Where the server that holds a journal takes actions, and the token that it asks for.
///
/// It lies in a file beside the journal, which nobody but the journal's owner can read, as long as the server runs. Each
/// start has a token of its own.
public struct AdminTicket: Sendable, Equatable {
    /// Such as `http://127.0.0.1:8081`.
    public let url: String
    public let token: String

    /// - Parameter host: of the admin address, which may mean every address of the machine.
    init(host: String, port: UInt16, token: String) {
        let isEverywhere = ["0.0.0.0", "::"].contains(host)
        let reachable = isEverywhere ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
        url = "http://\(reachable):\(port)"
        self.token = token
    }

    /// The ticket of a server with this configuration; nil where it has no admin address, or no token of the operator's.
    public init?(_ settings: Settings) {
        guard let address = settings.admin, let token = settings.adminToken else { return nil }
        self.init(host: address.host, port: address.port, token: String(decoding: token.key, as: UTF8.self))
    }

    /// As many bits as nobody tries through.
    static func newToken() -> String {
        var system = SystemRandomNumberGenerator()
        return Hex.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &system) })
    }

    /// A token that the operator chose: it stands in a header field and behind the `#` of an address, and nobody guesses it.
    static func token(_ text: String) throws(KeyFault) -> [UInt8] {
        guard text.isUnreserved, (32...512).contains(text.utf8.count) else {
            throw KeyFault(reason: "is not 32 to 512 letters, digits, `-`, `.`, `_` and `~`")
        }
        return Array(text.utf8)
    }

    /// Where an action is posted to.
    public func url(of action: String) -> String { url + ActionDoor.pathStart + action }

    static func path(for journal: String) -> String { journal + ".admin" }

    /// The ticket of the server that holds a journal; nil where it has left none.
    public init?(ofJournal path: String) {
        guard let text = try? String(contentsOfFile: Self.path(for: path), encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n")
        guard lines.count == 2 else { return nil }
        url = String(lines[0])
        token = String(lines[1])
    }

    /// Puts the ticket beside the journal, whole and for its owner's eyes only.
    func leave(besideJournal path: String) throws(JournalError) {
        let place = Self.path(for: path)
        let draft = place + ".new"
        do {
            try? FileManager.default.removeItem(atPath: draft)
            let isMade = FileManager.default.createFile(
                atPath: draft, contents: Data("\(url)\n\(token)\n".utf8), attributes: [.posixPermissions: 0o600])
            guard isMade else { throw CocoaError(.fileWriteUnknown) }
            try? FileManager.default.removeItem(atPath: place)
            try FileManager.default.moveItem(atPath: draft, toPath: place)
        } catch {
            throw .unusable("\(place) cannot be written")
        }
    }

    static func remove(besideJournal path: String) {
        try? FileManager.default.removeItem(atPath: Self.path(for: path))
    }
}
