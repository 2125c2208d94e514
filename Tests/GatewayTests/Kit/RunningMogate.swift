import FolderKit
import Foundation
import FoundationNetworking
import Testing

/// The real binary, serving a configuration of a test's own on ports that the system chose.
final class RunningMogate: @unchecked Sendable {
    let folder: TemporaryFolder
    private let process = Process()
    private let log: LogReader
    private(set) var port = 0
    private(set) var adminPort = 0

    static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "mogate")

    static let secrets = [
        "MTA_SECRET": "abc123-abc2-cde1-1234-xyz123456",
        "TELESIGN_KEY":
            "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==",
        "SINK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ]

    static let sources = """
          - {name: mta, provider: mobile-text-alerts, secrets: ["env:MTA_SECRET"], defaultCallingCode: "1", keywords: detect}
          - name: telesign
            provider: telesign
            customerId: FFFFFFFF-EEEE-DDDD-1234-AB1234567890
            secrets: ["env:TELESIGN_KEY"]
            keywords: detect
        """

    /// Starts it and waits until it listens.
    /// - Parameters:
    ///   - sinks: the list's lines in YAML, each with two blanks before it; `$DIR` is the folder.
    ///   - journal: where the journal lies, if not in the folder.
    ///   - log: what stands in the journal's place in YAML, where it is a log.
    ///   - ports: those of the front door and of the admin address, where the system is not to choose them.
    ///   - tracer: a command that runs it, such as strace with its options.
    ///   - whenStarted: told its process id, before it listens.
    init(
        in folder: TemporaryFolder, sinks: String, journal: String? = nil, log: String? = nil, reserve: String = "1MiB",
        limits: String = "", sources: String = sources, tls: String = "", ports: (front: Int, admin: Int) = (0, 0),
        secrets: [String: String] = secrets, tracer: [String] = [],
        whenStarted: (Int32) throws -> Void = { _ in }
    ) async throws {
        self.folder = folder
        let configuration = """
            listen: [{address: "127.0.0.1:\(ports.front)"\(tls)}]
            admin: {address: "127.0.0.1:\(ports.admin)"}
            journal: {\(log ?? "path: \"\(journal ?? folder.path("mogate.db"))\", reserve: \(reserve)")}
            \(limits)
            sources:
            \(sources)
            sinks:
            \(sinks.replacing("$DIR", with: folder.url.path))
            """
        try Data(configuration.utf8).write(to: folder.url.appending(path: "mogate.yaml"))
        let output = Pipe()
        let command =
            tracer + [
                Self.binary.path, "serve", "--config", folder.path("mogate.yaml"), "--log-level", "info",
                "--allow-root",
            ]
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(secrets) { $1 }
        process.standardError = output
        process.standardOutput = FileHandle.nullDevice
        self.log = LogReader(output.fileHandleForReading)
        try process.run()
        try whenStarted(process.processIdentifier)
        let started = try await self.log.line { $0["message"] == "started" }
        port = try #require(started["listen"].flatMap { Int($0.split(separator: ":").last ?? "") })
        adminPort = try #require(started["admin"].flatMap { Int($0.split(separator: ":").last ?? "") })
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Waits for a line of its log.
    func logLine(where matches: @escaping @Sendable ([String: String]) -> Bool) async throws -> [String: String] {
        try await log.line(where: matches)
    }

    /// Leaves what it logs in the pipe, as a log collector that hangs does. From the second line on it takes no more.
    func stopReadingTheLog() async throws { try await log.stop() }

    /// Closes the pipe, as a log collector that is gone does.
    func closeTheLog() { log.close() }

    /// Everything it has logged so far.
    var logText: String { log.text }

    /// Ends it as `kill -9` does: at once, wherever it is.
    func killAtOnce() {
        kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to stop, and tells its exit code.
    func stop() -> Int32 {
        kill(pid, SIGTERM)
        process.waitUntilExit()
        return process.terminationStatus
    }

    func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Waits for its end, which nobody here asked for.
    func exitCode() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit {
        // It writes into its folder, which goes next.
        if process.isRunning { killAtOnce() }
    }

    // MARK: Requests

    struct Answer: Sendable {
        let status: Int
        let body: String
        let headers: [String: String]
    }

    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: Data? = nil, toAdmin: Bool = false
    ) async throws -> Answer {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(toAdmin ? adminPort : port)\(path)")!)
        request.httpMethod = method
        request.httpBody = body
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        var fields: [String: String] = [:]
        for (name, value) in http.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
        return Answer(status: http.statusCode, body: String(decoding: data, as: UTF8.self), headers: fields)
    }

    /// Waits until something is so, asking again and again; a test that waits for nothing fails by its time limit.
    static func eventually(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Lines of a file; none where it is not there.
    func lines(of name: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: folder.path(name)) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// Collects the lines of a log as they come.
final class LogReader: @unchecked Sendable {
    private let lock = NSLock()
    private var pending = Data()
    private var lines: [[String: String]] = []
    private var raw = ""
    private var isOver = false

    struct Over: Error, CustomStringConvertible {
        let log: String
        var description: String { "the process ended; it said:\n\(log)" }
    }

    private let handle: FileHandle

    init(_ handle: FileHandle) {
        self.handle = handle
        handle.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.take(data)
        }
    }

    private func take(_ data: Data) {
        lock.withLock {
            isOver = data.isEmpty
            raw += String(decoding: data, as: UTF8.self)
            pending.append(data)
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = pending[pending.startIndex..<end]
                pending.removeSubrange(pending.startIndex...end)
                if let object = try? JSONSerialization.jsonObject(with: line) as? [String: String] {
                    lines.append(object)
                }
            }
        }
    }

    var text: String { lock.withLock { raw } }

    /// `F_SETPIPE_SZ`, which Swift does not import.
    private static let setPipeSize: Int32 = 1_031

    /// Makes the pipe as small as it can be, which takes that nothing is in it, and leaves it alone.
    func stop() async throws {
        try await RunningMogate.eventually { fcntl(handle.fileDescriptor, Self.setPipeSize, 1) >= 0 }
        handle.readabilityHandler = nil
    }

    func close() { try? handle.close() }

    func line(where matches: @Sendable ([String: String]) -> Bool) async throws -> [String: String] {
        while true {
            let (found, isOver, text) = lock.withLock { (lines.first(where: matches), self.isOver, raw) }
            if let found { return found }
            if isOver { throw Over(log: text) }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
