public import Foundation
import Glibc
public import NATS

/// A real nats-server of a test's own on loopback, with JetStream, in a folder that goes with it.
///
/// Its port is the system's choice at the first start, and stays the same when it is started again.
public final class NATSServer: @unchecked Sendable {
    public let folder: URL
    public private(set) var port = 0
    private var lines: String
    private var process: Process?

    /// - Parameter lines: more of the server's configuration, in which `$DIR` is the folder.
    public init(_ lines: String = "") async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "nats-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.lines = lines.replacing("$DIR", with: folder.path)
        try await start()
    }

    deinit {
        if let process, process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Lines for a server that never answers what is asked about one message of a stream.
    public static let withholdsMessages = """
        accounts: {A: {jetstream: enabled, users: [{
          user: a, password: b, permissions: {publish: {deny: "$JS.API.STREAM.MSG.GET.>"}}
        }]}}
        no_auth_user: a
        """

    public var url: String { "nats://127.0.0.1:\(port)" }
    public var pid: Int32 { process?.processIdentifier ?? 0 }

    public var settings: NATSSettings { NATSSettings(servers: [url]) }

    /// Starts it, and returns when it takes connections.
    /// - Parameter changed: what takes the place of the lines that it was made with; nil where they stay.
    public func start(with changed: String? = nil) async throws {
        lines = changed ?? lines
        let configuration = """
            listen: "127.0.0.1:\(port == 0 ? -1 : port)"
            jetstream: {store_dir: "\(folder.path)/store"}
            \(lines)
            """
        try Data(configuration.utf8).write(to: folder.appending(path: "server.conf"))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["nats-server", "-c", folder.path + "/server.conf"]
        let log = Pipe()
        process.standardError = log
        process.standardOutput = FileHandle.nullDevice
        // Debian has it where root alone looks for programs.
        process.environment = ["PATH": (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/usr/bin:/bin"]
        try process.run()
        self.process = process
        let port = await Self.port(from: log.fileHandleForReading)
        guard let port else { throw NotStarted() }
        self.port = port
    }

    struct NotStarted: Error {}

    /// Reads what it logs until it says that it is ready, on a thread of its own, which goes on so that the pipe never
    /// fills; nil where it ends before that.
    private static func port(from log: FileHandle) async -> Int? {
        await withCheckedContinuation { (done: CheckedContinuation<Int?, Never>) in
            Thread.detachNewThread {
                var text = ""
                var port: Int?
                var isTold = false
                while case let data = log.availableData, !data.isEmpty {
                    guard !isTold else { continue }
                    text += String(decoding: data, as: UTF8.self)
                    port = text.firstMatch(of: /client connections on 127\.0\.0\.1:(\d+)/).flatMap { Int($0.output.1) }
                    if let port, text.contains("Server is ready") {
                        isTold = true
                        done.resume(returning: port)
                    }
                }
                if !isTold { done.resume(returning: nil) }
            }
        }
    }

    /// Ends it as `kill -9` does, and returns when it is gone.
    public func kill() async {
        guard let process, process.isRunning else { return }
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            process.terminationHandler = { _ in done.resume() }
            Glibc.kill(process.processIdentifier, SIGKILL)
        }
    }

    /// Has it stand still as if its machine did, and returns when every thread of it does: a signal alone is only on its way,
    /// and meanwhile it may answer.
    public func freeze() async throws {
        Glibc.kill(pid, SIGSTOP)
        while try !isFrozen() { try await Task.sleep(for: .milliseconds(1)) }
    }

    private func isFrozen() throws -> Bool {
        let tasks = "/proc/\(pid)/task"
        return try FileManager.default.contentsOfDirectory(atPath: tasks).allSatisfy { task in
            try String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8).contains("State:\tT")
        }
    }

    public func thaw() {
        Glibc.kill(pid, SIGCONT)
    }
}
