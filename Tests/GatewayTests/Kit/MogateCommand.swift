import FolderKit
import Foundation

/// One run of a command of the real binary.
struct MogateCommand {
    /// Its exit code; or the number of the signal that ended it.
    let status: Int32
    let isKilled: Bool
    let output: String
    let complaints: String

    /// Runs it to its end.
    /// - Parameters:
    ///   - runner: a command that runs it, such as `env` with its options.
    ///   - standardOutput: where its output goes, if not into ``output``.
    init(
        _ arguments: [String], environment: [String: String] = RunningMogate.secrets, runner: [String] = [],
        standardOutput: FileHandle? = nil
    ) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = runner + [RunningMogate.binary.path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let folder = try TemporaryFolder()
        let files = try ["out", "err"].map { name in
            try Data().write(to: folder.url.appending(path: name))
            return try FileHandle(forWritingTo: folder.url.appending(path: name))
        }
        process.standardOutput = standardOutput ?? files[0]
        process.standardError = files[1]
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        isKilled = process.terminationReason == .uncaughtSignal
        output = try String(contentsOfFile: folder.path("out"), encoding: .utf8)
        complaints = try String(contentsOfFile: folder.path("err"), encoding: .utf8)
    }

    /// Its output's lines.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}
