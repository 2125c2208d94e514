import FolderKit
import Foundation
import FoundationNetworking
import Testing

/// Goal: the receivers in `deploy/receivers` take what mogate sends, once, and nothing that anyone else sends.
///
/// Method: each runs as its first lines say, downstream of a running mogate.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ReceiverTests {
    private static let secret = RunningMogate.secrets["SINK_SECRET"]!

    @Test(arguments: [
        ["python", "receiver.py"], ["node", "receiver.mjs"], ["java", "Receiver.java"], ["go", "run", "receiver.go"],
        ["swift"],
    ])
    func takesEachEventOnceAndNothingForged(_ command: [String]) async throws {
        let receiver = try await Example(command, secret: Self.secret)
        let mogate = try await RunningMogate(
            in: TemporaryFolder(),
            sinks: """
                  - {name: service, kind: http, url: "http://127.0.0.1:\(receiver.port)/", sign: "env:SINK_SECRET",
                     allowNetworks: [127.0.0.0/8]}
                """)
        let callback = Callback.telesign("R1", text: "Blåbær")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        struct Event: Decodable {
            let id: String
            let subject: String
            let data: Message
            struct Message: Decodable { let content: [[String: String]] }
        }
        let event = try JSONDecoder().decode(Event.self, from: Data(try await receiver.lines.line(1).utf8))
        #expect(event.subject == "+11234567890")
        #expect(event.data.content == [["type": "text", "text": "Blåbær"]])
        #expect(mogate.stop() == 0)

        let now = Int(Date().timeIntervalSince1970)
        func body(_ id: String) -> Data {
            Data(#"{"id":"\#(id)","type":"mogate.message.received","time":"2026-11-28T00:00:00Z"}"#.utf8)
        }
        let again = body(event.id)
        #expect(try await receiver.post(again, id: event.id, at: now) == 204)
        let other = body("7")
        #expect(try await receiver.post(other, id: "7", at: now, key: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx") == 401)
        #expect(try await receiver.post(other, id: "7", at: now - 3_600) == 401)
        #expect(try await receiver.post(other, id: "7", at: now, signature: "") == 401)
        #expect(try await receiver.post(other, id: "7", at: now) == 204)
        #expect(try await receiver.lines.line(2).contains(#""7""#))
        #expect(receiver.lines.count == 3)
    }

    /// A receiver that runs.
    private final class Example: Sendable {
        let port: Int
        let lines: LineReader
        private let process: Process

        init(_ command: [String], secret: String) async throws {
            let folder = Repository.root.appending(path: "deploy/receivers")
            if command[0] == "python" {
                process = try Python.process(at: folder.appending(path: command[1]))
            } else if command[0] == "swift" {
                process = Process()
                process.executableURL = try Self.builtInSwift()
            } else {
                process = Process()
                process.executableURL = URL(filePath: "/usr/bin/env")
                process.arguments = command
            }
            process.currentDirectoryURL = folder
            process.environment = ProcessInfo.processInfo.environment
                .merging(["WEBHOOK_SECRET": secret, "PORT": "0"]) { $1 }
            let output = Pipe()
            process.standardOutput = output
            lines = LineReader(output.fileHandleForReading)
            try process.run()
            port = try #require(Int(try await lines.line(0).split(separator: " ").last ?? ""))
        }

        /// A library, unlike the others: built with a server around it.
        private static func builtInSwift() throws -> URL {
            let folder = Repository.root.appending(path: ".build/receiver-swift").path
            let build = Process()
            build.executableURL = Repository.root.appending(path: "Tests/Tools/SwiftReceiver/build")
            build.arguments = [folder]
            build.standardOutput = FileHandle.nullDevice
            try build.run()
            build.waitUntilExit()
            try #require(build.terminationStatus == 0, "the Swift receiver does not build")
            return URL(filePath: folder).appending(path: "receiver")
        }

        deinit {
            // `go run` has a child of its own, which holds the port.
            let children = Process()
            children.executableURL = URL(filePath: "/usr/bin/pkill")
            children.arguments = ["-P", String(process.processIdentifier)]
            try? children.run()
            children.waitUntilExit()
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        /// Posts a body as mogate would, or nearly.
        func post(
            _ body: Data, id: String, at timestamp: Int, key: String = String(ReceiverTests.secret.dropFirst(6)),
            signature: String? = nil
        ) async throws -> Int {
            var request = URLRequest(url: URL(string: "http://127.0.0.1:\(port)/")!)
            request.httpMethod = "POST"
            request.httpBody = body
            let code = Signature.hmacSHA256(
                of: Data("\(id).\(timestamp).".utf8) + body, key: Data(base64Encoded: key)!)
            request.setValue(id, forHTTPHeaderField: "webhook-id")
            request.setValue(String(timestamp), forHTTPHeaderField: "webhook-timestamp")
            request.setValue(signature ?? "v1,\(code.base64EncodedString())", forHTTPHeaderField: "webhook-signature")
            let (_, response) = try await URLSession.shared.data(for: request)
            return (response as? HTTPURLResponse)?.statusCode ?? 0
        }
    }
}
