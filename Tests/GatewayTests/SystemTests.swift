import FolderKit
import Foundation
import Glibc
import Testing

/// Goal: mogate needs no more of the system than it says, and leaves nothing open to others (cases 139 to 142).
@Suite(.timeLimit(.minutes(2)))
struct SystemTests {
    private static let fileSink = #"  - {name: archive, kind: file, path: "$DIR/out/events.ndjson"}"#
    private static let unit = Repository.root.appending(path: "deploy/mogate.service").path

    /// Starts it by a command in front, takes one callback through to the file, and stops it.
    private static func works(behind tracer: [String], in folder: TemporaryFolder) async throws -> Bool {
        let mogate = try await RunningMogate(in: folder, sinks: fileSink, tracer: tracer)
        let callback = Callback.telesign("R1")
        let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(answer.status == 200)
        try await RunningMogate.eventually { mogate.lines(of: "out/events.ndjson").count == 1 }
        return mogate.stop() == 0
    }

    /// The output of a command, and its exit code.
    private static func run(_ command: [String], in folder: URL? = nil) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    // MARK: Files, descriptors, rights

    @Test func whatItMakesIsItsOwnersOnlyWhateverTheUmaskSays() async throws {
        let folder = try TemporaryFolder()
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.fileSink, tracer: ["sh", "-c", #"umask 000; exec "$@""#, "sh"])
        let callback = Callback.telesign("R1")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        try await RunningMogate.eventually { mogate.lines(of: "out/events.ndjson").count == 1 }
        let made = try #require(FileManager.default.enumerator(atPath: folder.url.path)?.allObjects as? [String])
            .filter { $0 != "mogate.yaml" }
        #expect(Set(made).isSuperset(of: ["mogate.db", "mogate.db-wal", "mogate.db.lock", "out/events.ndjson"]))
        for name in made {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            let mode = try #require(attributes[.posixPermissions] as? Int)
            let expected = attributes[.type] as? FileAttributeType == .typeDirectory ? 0o700 : 0o600
            #expect(mode == expected, "\(name): \(String(mode, radix: 8))")
        }
        #expect(mogate.stop() == 0)
    }

    @Test func rootIsTurnedAwayUnlessItSaysSo() throws {
        let folder = try TemporaryFolder()
        // Whoever is let on finds out next that the journal cannot be where it is said to be.
        func command(listening address: String) throws -> [String] {
            let configuration = """
                listen: [{address: "\(address):0"}]
                journal: {path: /proc/mogate/mogate.db}
                sources: [{name: shop, provider: telesign, auth: none}]
                sinks: []
                """
            try Data(configuration.utf8).write(to: folder.url.appending(path: "mogate.yaml"))
            return [RunningMogate.binary.path, "serve", "--config", folder.path("mogate.yaml")]
        }
        let letOn = "the journal cannot be opened"
        #expect(try Self.run(command(listening: "127.0.0.1")).text.contains(letOn))
        let everywhere = try command(listening: "0.0.0.0")
        #expect(try Self.run(everywhere + ["--allow-root"]).text.contains(letOn))
        guard geteuid() == 0 else { return }
        let refused = try Self.run(everywhere)
        #expect(refused.status == 77)
        #expect(refused.text.contains("does not serve beyond this machine as root"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path)
        let asNobody = try Self.run(["setpriv", "--reuid=65534", "--clear-groups"] + everywhere)
        #expect(asNobody.text.contains(letOn))
    }

    @Test func whatItsStarterLeftOpenIsClosed() async throws {
        let folder = try TemporaryFolder()
        try Data("left open".utf8).write(to: folder.url.appending(path: "left"))
        let open = "exec 7<\(folder.path("left")) 63>>\(folder.path("left"))"
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.fileSink, tracer: ["bash", "-c", open + #"; exec "$@""#, "bash"])
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(mogate.pid)/fd")
        let files = descriptors.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(mogate.pid)/fd/\($0)")
        }
        #expect(files.contains(folder.path("mogate.db")))
        #expect(!files.contains(folder.path("left")))
        #expect(mogate.stop() == 0)
    }

    /// The next file that is opened would be where the log goes: into the journal.
    @Test func standardDescriptorsThatAreClosedAreNotTakenByFiles() async throws {
        let folder = try TemporaryFolder()
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.fileSink, tracer: ["sh", "-c", #"exec "$@" <&- >&-"#, "sh"])
        for descriptor in 0...1 {
            let file = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(mogate.pid)/fd/\(descriptor)")
            // What the language's own runtime opens before anything else runs is no file.
            #expect(file == "/dev/null" || file.hasPrefix("anon_inode:"))
        }
        #expect(mogate.stop() == 0)
    }

    @Test func aWorkingFolderThatIsGoneIsNotNeeded() async throws {
        let folder = try TemporaryFolder()
        let gone = #"mkdir -p "$0" && cd "$0" && rmdir "$0" && exec "$@""#
        #expect(try await Self.works(behind: ["sh", "-c", gone, folder.path("gone")], in: folder))
    }

    @Test func aRelativePathInAFolderThatIsGoneIsAReasonNotToStart() throws {
        let folder = try TemporaryFolder()
        let configuration = """
            listen: [{address: "127.0.0.1:0"}]
            journal: {path: data/mogate.db}
            sources: [{name: a, provider: telesign, auth: none}]
            sinks: []
            """
        try Data(configuration.utf8).write(to: folder.url.appending(path: "mogate.yaml"))
        let gone = #"mkdir -p "$0" && cd "$0" && rmdir "$0" && exec "$@""#
        let refused = try Self.run([
            "sh", "-c", gone, folder.path("gone"), RunningMogate.binary.path, "serve", "--allow-root", "--config",
            folder.path("mogate.yaml"),
        ])
        #expect(refused.status == 74)
        #expect(refused.text.contains("the journal cannot be opened"))
    }

    // MARK: The unit

    @Test func theUnitIsAsClosedAsItIsSaidToBe() throws {
        let verdict = try Self.run([
            "systemd-analyze", "security", "--offline=true", "--threshold=12", "--no-pager", Self.unit,
        ])
        #expect(verdict.status == 0, "\(verdict.text)")
        let line = verdict.text.split(separator: "\n").last { $0.contains("Overall exposure level") }
        let figure = line?.split(separator: ":").last?.split(separator: " ").first
        let exposure = try #require(figure.flatMap { Double($0) })
        #expect(exposure <= 1.2)
    }

    /// By the unit's own list of calls, in memory that is never both written and run.
    @Test func itNeedsNoMoreThanTheUnitAllows() async throws {
        let confined = Repository.root.appending(path: "Tests/Tools/confined.py").path
        let folder = try TemporaryFolder()
        #expect(try await Self.works(behind: ["/usr/bin/python3", confined, Self.unit], in: folder))
    }

    @Test func whatTheUnitForbidsIsRefusedByTheSystem() throws {
        let tools = Repository.root.appending(path: "Tests/Tools")
        let probe = try Self.run([
            "/usr/bin/python3", tools.appending(path: "confined.py").path, Self.unit, "/usr/bin/python3",
            tools.appending(path: "probe-confinement.py").path,
        ])
        #expect(probe.status == 0, "\(probe.text)")
        let worked = probe.text.split(separator: "\n").filter { $0.hasSuffix(": worked") }
        #expect(worked == ["internet socket: worked"])
        #expect(probe.text.split(separator: "\n").count == 15)
    }

    // MARK: What others can ask for

    @Test func nobodyOutsideCanMakeMetricsGrow() async throws {
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.fileSink)
        func names() async throws -> Set<String> {
            let text = try await mogate.send("GET", "/metrics", toAdmin: true).body
            return Set(text.split(separator: "\n").map { String($0.prefix { $0 != " " }) })
        }
        func ask(_ number: Int) async throws {
            let callback = Callback.telesign("R\(number)", extra: #","field\#(number)":1"#)
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            _ = try await mogate.send("POST", "/in/nobody\(number)", headers: [("X-\(number)", "a")], body: Data())
            _ = try await mogate.send("POST", "/in/telesign?id=\(number)", body: Data())
            _ = try await mogate.send("M\(number)", "/\(number)", body: Data())
        }
        try await ask(0)
        let before = try await names()
        for number in 1...100 { try await ask(number) }
        #expect(try await names() == before)
        #expect(mogate.stop() == 0)
    }
}
