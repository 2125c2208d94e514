internal import Foundation
internal import Providers

/// Where secrets come from: the environment, a file that is nobody else's business, or what the service manager hands
/// over.
///
/// What it cannot fetch it names by its reference, and never by what it found.
public struct SecretStore: Sendable {
    /// No secret is as long; a file that is longer was named by mistake.
    private static let secretBytesMax = 64 << 10
    /// Where systemd puts the credentials of a service, and nobody else can read them.
    private static let credentialsVariable = "CREDENTIALS_DIRECTORY"

    private let environment: [String: String]

    public init(environment: [String: String]) {
        self.environment = environment
    }

    /// The secret that `env:NAME`, `file:PATH` or `credential:NAME` stands for, without a line's end behind it.
    func fetch(_ reference: String) throws(KeyFault) -> String {
        let secret: String
        if let name = reference.removingPrefix("env:") {
            guard let value = environment[name] else { throw KeyFault(reason: "`\(reference)` is not set") }
            secret = value
        } else if let path = reference.removingPrefix("file:") {
            secret = try read(path, as: reference)
        } else if let name = reference.removingPrefix("credential:") {
            secret = try read(path(ofCredential: name, as: reference), as: reference)
        } else {
            // Not quoted: it may well be the secret itself, pasted where its reference belongs.
            throw KeyFault(
                reason: "expected `env:NAME`, `file:PATH` or `credential:NAME`, never the secret itself")
        }
        let trimmed = secret.trimmingBlanks()
        guard !trimmed.isEmpty else {
            // The unit hands over a blank one where the file is missing that its `LoadCredential` names.
            let hint =
                reference.hasPrefix("credential:") ? ": is it in the file that the unit's LoadCredential names?" : ""
            throw KeyFault(reason: "`\(reference)` is empty\(hint)")
        }
        return trimmed
    }

    private func path(ofCredential name: String, as reference: String) throws(KeyFault) -> String {
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
            throw KeyFault(reason: "`\(reference)` names no credential")
        }
        guard let folder = environment[Self.credentialsVariable] else {
            throw KeyFault(
                reason:
                    "`\(reference)` cannot be read: systemd hands credentials to the service alone; by hand, name the "
                    + "folder that they are in, as in `\(Self.credentialsVariable)=/etc/mogate/secrets mogate check`")
        }
        return folder + "/" + name
    }

    private func read(_ path: String, as reference: String) throws(KeyFault) -> String {
        // Kubernetes shows secrets as links: what counts is the file behind.
        let file = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file) else {
            throw KeyFault(reason: "`\(reference)` cannot be read")
        }
        guard let mode = attributes[.posixPermissions] as? Int, mode & 0o027 == 0 else {
            throw KeyFault(reason: "`\(reference)` can be read or changed by others: chmod 0640 or less")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular,
            let bytes = attributes[.size] as? Int, bytes <= Self.secretBytesMax
        else {
            throw KeyFault(reason: "`\(reference)` is no file of \(Self.secretBytesMax) bytes at most")
        }
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw KeyFault(reason: "`\(reference)` is not for this user to read: chown")
        }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
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
