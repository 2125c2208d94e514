public import Foundation

/// A folder of a test's own, which goes with the last that holds it: at the end of the test, however that comes.
public final class TemporaryFolder: Sendable {
    /// Without links in it.
    public let path: String

    public init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "mogate-test-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.resolvingSymlinksInPath().path
    }

    public var url: URL { URL(filePath: path) }

    /// The path of something in it.
    public func path(_ name: String) -> String { path + "/" + name }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A disk of so many mebibytes in a folder, which is really full when it is full: only root can have one.
public final class SmallDisk: Sendable {
    public let path: String
    /// It goes after what is mounted in it.
    private let folder: TemporaryFolder

    /// - Parameter kind: in memory where that is enough, since it is there sooner.
    public init(in folder: TemporaryFolder, mebibytes: Int, _ kind: Kind = .memory) throws {
        self.folder = folder
        path = folder.path("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        switch kind {
        case .memory: try Self.run("mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path)
        case .ext4:
            let image = path + ".ext4"
            try Self.run("truncate", "-s", "\(mebibytes)M", image)
            try Self.run("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", image)
            try Self.run("mount", "-o", "loop", image, path)
        }
    }

    public enum Kind: Sendable {
        case memory, ext4
    }

    public struct Failure: Error {
        public let command: [String]
    }

    private var filler: String { path + "/filler" }

    /// Writes a file that leaves so many bytes free.
    public func fill(leaving bytes: Int = 0) throws {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: path)
        let free = attributes[.systemFreeSize] as? Int ?? 0
        try Self.run("fallocate", "-l", String(max(1, free - bytes)), filler)
    }

    /// Takes it away again.
    public func free() throws {
        try FileManager.default.removeItem(atPath: filler)
    }

    private static func run(_ command: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(command: command) }
    }

    deinit {
        // Whoever still has something open in it keeps it from going at once, and not from going.
        try? Self.run("umount", "-l", path)
    }
}
