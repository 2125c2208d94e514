internal import Foundation
internal import Model

extension Checkup {
    /// The version of Debian's libevent in which what was found in 2.1.12 is mended.
    private static let patchedLibevent = "2.1.12-stable-8+deb12u1"

    /// The library itself says no more than 2.1.12: only the package tells.
    var library: Finding {
        guard let installed = Self.output(of: ["dpkg-query", "--show", "--showformat=${Version}", "libevent-2.1-7"])
        else {
            return Finding("libevent", .warn, "no package tells its version: it must have Debian's fixes for 2.1.12")
        }
        let isPatched = Self.output(of: ["dpkg", "--compare-versions", installed, "ge", Self.patchedLibevent]) != nil
        return isPatched
            ? Finding("libevent", .ok, "\(installed)")
            : Finding("libevent", .fail, "\(installed) lacks what \(Self.patchedLibevent) mends: apt-get upgrade")
    }

    /// What a command prints; nil where it fails, or is not there.
    private static func output(of command: [String]) -> String? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? text : nil
    }

    /// Who can read what mogate keeps. Secrets are looked at when the configuration is read, and refused.
    func files(configuration: String) -> [Finding] {
        var findings: [Finding] = []
        if let mode = Self.mode(of: configuration), mode & 0o022 != 0 {
            findings.append(Finding("configuration", .fail, "others can change \(configuration): chmod 0644 or less"))
        } else {
            findings.append(Finding("configuration", .ok, "only its owner can change it, and its secrets can be read"))
        }
        let journal = settings.journal.path
        let kept =
            (journal.isEmpty ? [] : ["", "-wal", "-shm", "-mark", ".lock", ".admin"].map { journal + $0 })
            + settings.sinks.compactMap(\.filePath)
        let open = kept.filter { (Self.mode(of: $0) ?? 0) & 0o077 != 0 }
        findings.append(
            open.isEmpty
                ? Finding("files", .ok, "nobody else can read what is kept")
                : Finding("files", .fail, "others can read \(open.joined(separator: ", ")): chmod 0600"))
        return findings
    }

    private static func mode(of path: String) -> Int? {
        let file = URL(filePath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: file))?[.posixPermissions] as? Int
    }
}
