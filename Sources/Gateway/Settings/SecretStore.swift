internal import Foundation
internal import Providers

/// Where secrets come from: the environment, or a file that is nobody else's business.
///
/// What it cannot fetch it names by its reference, and never by what it found.
public struct SecretStore: Sendable {
    private let environment: [String: String]

    public init(environment: [String: String]) {
        self.environment = environment
    }

    /// The secret that `env:NAME` or `file:PATH` stands for, without a line's end behind it.
    func fetch(_ reference: String) throws(KeyFault) -> String {
        let secret: String
        if let name = reference.removingPrefix("env:") {
            guard let value = environment[name] else { throw KeyFault(reason: "`\(reference)` is not set") }
            secret = value
        } else if let path = reference.removingPrefix("file:") {
            secret = try read(path, as: reference)
        } else {
            // Not quoted: it may well be the secret itself, pasted where its reference belongs.
            throw KeyFault(reason: "expected `env:NAME` or `file:PATH`, never the secret itself")
        }
        let trimmed = secret.trimmingBlanks()
        guard !trimmed.isEmpty else { throw KeyFault(reason: "`\(reference)` is empty") }
        return trimmed
    }

    private func read(_ path: String, as reference: String) throws(KeyFault) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let attributes else { throw KeyFault(reason: "`\(reference)` cannot be read") }
        guard let mode = attributes[.posixPermissions] as? Int, mode & 0o027 == 0 else {
            throw KeyFault(reason: "`\(reference)` can be read or changed by others: chmod 0640 or less")
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw KeyFault(reason: "`\(reference)` cannot be read as text")
        }
        return text
    }
}

extension String {
    fileprivate func removingPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
