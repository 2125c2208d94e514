import FolderKit
import Foundation

/// One run of a command of the real binary.
struct MogateCommand {
    let status: Int32
    let output: String
    let complaints: String

    /// Runs it to its end.
    init(_ arguments: [String], environment: [String: String] = RunningMogate.secrets) throws {
        let process = Process()
        process.executableURL = RunningMogate.binary
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let folder = try TemporaryFolder()
        let files = try ["out", "err"].map { name in
            try Data().write(to: folder.url.appending(path: name))
            return try FileHandle(forWritingTo: folder.url.appending(path: name))
        }
        process.standardOutput = files[0]
        process.standardError = files[1]
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOfFile: folder.path("out"), encoding: .utf8)
        complaints = try String(contentsOfFile: folder.path("err"), encoding: .utf8)
    }

    /// Its output's lines.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}
