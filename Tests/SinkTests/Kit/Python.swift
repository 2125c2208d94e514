import FolderKit
import Foundation
import Testing

/// Runs other people's libraries, which know nothing of ours, on what we send.
enum Python {
    /// Gives a script a request on its standard input, as JSON, and returns the JSON that it prints.
    static func run<Result: Decodable>(_ script: String, on request: Receiver.Request, _ arguments: [String] = [])
        throws -> Result
    {
        let process = Process()
        process.executableURL = try Repository.python()
        process.arguments = ["-c", script] + arguments
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let fields = Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        let described: [String: Any] = ["headers": fields, "body": String(decoding: request.body, as: UTF8.self)]
        try input.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: described))
        try input.fileHandleForWriting.close()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "the script ended with an error")
        return try JSONDecoder().decode(Result.self, from: printed)
    }
}
