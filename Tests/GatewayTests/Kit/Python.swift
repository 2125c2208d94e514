import FolderKit
import Foundation
import Testing

/// Scripts under `Tests/Tools`, run by the Python that has the packages of `Tests/requirements.txt`.
enum Python {
    /// A process that runs a script of `Tests/Tools`; not started yet.
    static func process(_ script: String, _ arguments: [String]) throws -> Process {
        try process(at: Repository.root.appending(path: "Tests/Tools/\(script)"), arguments)
    }

    /// A process that runs any script; not started yet.
    static func process(at script: URL, _ arguments: [String] = []) throws -> Process {
        let process = Process()
        process.executableURL = try Repository.python()
        process.arguments = [script.path] + arguments
        return process
    }
}

/// Runs `receiver.py`: an HTTP endpoint downstream that says what it was sent.
final class Receiver: @unchecked Sendable {
    let port: Int
    private let process: Process
    private let input = Pipe()
    private let lines: LineReader

    struct Delivery: Sendable, Decodable {
        let status: Int
        let webhookId: String
        let verified: Bool
        let contentType: String
        let authorization: String?
        let eventId: String
        let eventType: String
        let data: Payload

        struct Payload: Sendable, Decodable {
            let providerMessageId: String?
        }
    }

    init(secret: String, answering statuses: [Int]) async throws {
        process = try Python.process("receiver.py", [secret] + statuses.map(String.init))
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        lines = LineReader(output.fileHandleForReading)
        try process.run()
        port = try #require(Int(try await lines.line(0)))
    }

    /// The delivery of that number, from 0; it waits for it.
    func delivery(_ number: Int) async throws -> Delivery {
        try JSONDecoder().decode(Delivery.self, from: Data(try await lines.line(number + 1).utf8))
    }

    var deliveryCount: Int { lines.count - 1 }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// Collects the lines of a process's output as they come.
final class LineReader: @unchecked Sendable {
    private let lock = NSLock()
    private var text = ""
    private var isOver = false

    init(_ handle: FileHandle) {
        handle.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.lock.withLock {
                self?.text += String(decoding: data, as: UTF8.self)
                self?.isOver = data.isEmpty
            }
        }
    }

    private var whole: [Substring] {
        lock.withLock { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
    }

    var count: Int { whole.count }

    /// The lines so far.
    var all: [String] { whole.map(String.init) }

    func line(_ number: Int) async throws -> String {
        while count <= number {
            try #require(!lock.withLock { isOver }, "the process ended before its line \(number)")
            try await Task.sleep(for: .milliseconds(5))
        }
        return String(whole[number])
    }
}
