import ArgumentParser
import Casebook
import FolderKit
import Foundation
import Front
import Model
import Testing
import Threads

@testable import Gateway
@testable import mogate

/// Goal: the command line says what it does, does it, and leads a newcomer on.
@Suite(.timeLimit(.minutes(3)))
struct CommandLineTests {
    private static let fixtures = Repository.root.appending(path: "Fixtures").path

    /// What the command says, on both streams, and how it ends.
    private static func run(_ arguments: [String], in folder: TemporaryFolder? = nil) throws -> (
        code: Int32, text: String
    ) {
        let process = Process()
        process.executableURL = RunningMogate.binary
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = folder.url }
        process.environment = ProcessInfo.processInfo.environment.merging(RunningMogate.secrets) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    /// Without a process for each, which would be more than fifty.
    @Test func everyCommandShowsAnExample() throws {
        let commands = Self.commands(of: Mogate.self, named: "mogate")
        #expect(commands.count > 25)
        for (name, command) in commands {
            let help = Mogate.helpMessage(for: command)
            let example = help.range(of: "Example").map { help[$0.upperBound...] }
            #expect(example?.contains(name) == true, "\(name)")
        }
    }

    /// The commands that do something, with their whole names.
    private static func commands(
        of command: any ParsableCommand.Type, named name: String
    ) -> [(name: String, command: any ParsableCommand.Type)] {
        let deeper = command.configuration.subcommands
        return deeper.isEmpty
            ? [(name, command)] : deeper.flatMap { commands(of: $0, named: "\(name) \($0._commandName)") }
    }

    /// What the documents tell people to type is there to be typed.
    @Test func everyCommandThatIsWrittenDownIsOne() throws {
        let known = Set(Mogate.configuration.subcommands.map { $0._commandName }).union(["help"])
        let files = try #require(FileManager.default.enumerator(at: Repository.root, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let url as URL in files where url.pathExtension == "md" && !url.path.contains("/.build") {
            let text = try String(contentsOf: url, encoding: .utf8)
            let written =
                text.matches(of: /`(?:\w+=\S+ )*mogate ([a-z][a-z-]*)/).map { String($0.output.1) }
                + text.matches(of: /(?m)^ *(?:\S*\/)?mogate ([a-z][a-z-]*)(?: -| [A-Z\/]|$)/).map {
                    String($0.output.1)
                }
            #expect(known.isSuperset(of: written), "\(url.path): \(Set(written).subtracting(known))")
            found.formUnion(written)
        }
        #expect(found.isSuperset(of: ["serve", "simulate", "check", "verify", "init"]))
        let table = try String(contentsOf: Repository.root.appending(path: "Sources/mogate/README.md"), encoding: .utf8)
        for command in known.subtracting(["help"]) { #expect(table.contains("`\(command)"), "\(command)") }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func aShellCanCompleteIt(_ shell: String) throws {
        let (code, text) = try Self.run(["--generate-completion-script", shell])
        #expect(code == 0)
        for word in ["simulate", "dead-letters", "journal"] { #expect(text.contains(word), "\(word)") }
    }

    @Test func withoutAConfigurationItSaysWhatToDo() throws {
        let folder = try TemporaryFolder()
        let (code, text) = try Self.run(["serve", "--allow-root"], in: folder)
        #expect(code == 66)
        #expect(text.contains("`mogate init` writes one"))
    }

    @Test func whatInitWritesIsAConfiguration() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("mogate.yaml")
        let (code, text) = try Self.run(["init", "--output", path])
        #expect(code == 0 && text.contains("export MTA_SECRET"))
        #expect(try Self.run(["check", "--config", path]).text.contains("2 sources, 1 sinks, no faults"))
        #expect(try Self.run(["init", "--output", path]).code == 73)
        let narrow = [
            "init", "--force", "--output", path, "--provider", "telesign", "--secret", "env:TELESIGN_KEY",
            "--forward-to", "https://crm.example/in\"bound",
        ]
        #expect(try Self.run(narrow).code == 0)
        #expect(try Self.run(["check", "--config", path]).text.contains("1 sources, 1 sinks, no faults"))
        #expect(try Self.run(["init", "--provider", "nobody"]).code == 64)
        #expect(
            try Self.run(["init", "--provider", "telesign", "--secret", "ABC"]).text.contains("never written down"))
    }

    /// As the Debian package has it: the unit hands the secrets over, and a person who checks names their folder.
    @Test func whatSystemdHandsOverCanBeCheckedByHand() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("mogate.yaml")
        let written = try Self.run([
            "init", "--output", path, "--provider", "telesign", "--secret", "credential:telesign", "--forward-to",
            "https://crm.example/inbound", "--sink-secret", "credential:crm",
        ])
        #expect(written.code == 0, "\(written.text)")
        for step in [
            "LoadCredential=crm:", "LoadCredential=telesign:", "CREDENTIALS_DIRECTORY=/etc/mogate/secrets mogate",
        ] {
            #expect(written.text.contains(step), "\(written.text)")
        }
        let alone = try MogateCommand(["check", "--config", path])
        #expect(alone.status == 78)
        #expect(alone.complaints.contains("CREDENTIALS_DIRECTORY=/etc/mogate/secrets mogate check"))
        for (name, secret) in [
            ("telesign", RunningMogate.secrets["TELESIGN_KEY"]!), ("crm", RunningMogate.secrets["SINK_SECRET"]!),
        ] {
            let made = FileManager.default.createFile(
                atPath: folder.path(name), contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
            #expect(made)
        }
        let check = try MogateCommand(
            ["check", "--config", path], environment: ["CREDENTIALS_DIRECTORY": folder.url.path])
        #expect(check.status == 0, "\(check.complaints)")
    }

    @Test func aPlanIsTheSameForTheSameSeedAndLosesNothing() throws {
        let cases = try Case.all(in: Self.fixtures).prefix(30)
        func plan(_ seed: String, _ faults: [SimulationPlan.Fault]) -> [SimulationPlan.Call] {
            let plan = SimulationPlan(cases: Array(cases), count: 60, faults: faults, seed: seed)
            return (0..<60).map { plan.call(at: $0) }
        }
        let faulty = plan("a", SimulationPlan.Fault.allCases)
        #expect(faulty.map(\.request.body) == plan("a", SimulationPlan.Fault.allCases).map(\.request.body))
        #expect(faulty.map(\.request.body) != plan("b", SimulationPlan.Fault.allCases).map(\.request.body))
        #expect(faulty.compactMap(\.fault) == [.duplicate, .reorder, .badSignature, .truncate, .slow, .duplicate])
        let plain = plan("a", [])
        #expect(faulty.map(\.name).sorted() == plain.map(\.name).sorted())
        #expect(faulty.map(\.name) != plain.map(\.name))
        // The second round has ids of its own.
        #expect(plain[0].name == plain[30].name)
    }

    @Test func faultsAreAnsweredAsTheyMustBe() async throws {
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
        let (code, text) = try Self.run([
            "simulate", "--url", "http://127.0.0.1:\(mogate.port)", "--fixtures", Self.fixtures, "--only",
            "telesign/sms",
            "--count", "150", "--rate", "400", "--faults", "duplicate,reorder,bad-signature,truncate,slow", "--json",
        ])
        #expect(code == 0, "\(text)")
        struct Sum: Decodable {
            let callbacks: Int
            let unexpected: Int
            let answers: [String: Int]
        }
        let sum = try JSONDecoder().decode(Sum.self, from: Data(text.utf8))
        #expect(sum.callbacks == 150 && sum.unexpected == 0)
        // Of fifteen faults three are of each kind.
        #expect(sum.answers == ["200": 147, "401": 6])
        #expect(mogate.stop() == 0)
    }

    /// Mobile Text Alerts tries twice more and then gives up, so it is seen to take the third answer.
    @Test(arguments: [([503, 503, 200], 0), ([503, 503, 503, 200], 65)])
    func aVendorTriesAgainAsItSays(_ answers: [Int], _ code: Int) async throws {
        let statuses = Lock(answers)
        let door = Front(
            loop: try EventLoop(name: "door"), address: ListenAddress(host: "127.0.0.1", port: 0),
            now: Time.system.now,
            gate: { _ in
                .admitted { _ in Reply(status: statuses.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }) }
            })
        let port = try await door.listen()
        let (ended, text) = try Self.run([
            "simulate", "--url", "http://127.0.0.1:\(port)", "--fixtures", Self.fixtures, "--only",
            "mobile-text-alerts/v3-message-reply", "--count", "1", "--retry",
        ])
        await door.drain(withinMs: 1_000)
        #expect(Int(ended) == code, "\(text)")
        #expect(text.contains("tried again 2 times"))
        #expect(statuses.withLock { $0 } == [200])
    }

    @Test(arguments: ["http://127.0.0.1:", "http://127.0.0.1:/a", "http://", "127.0.0.1:8080", "ftp://127.0.0.1", ""])
    func simulateIsTurnedDownWhereItsURLNamesNoServer(_ url: String) throws {
        let command = try MogateCommand(["simulate", "--url", url, "--fixtures", Self.fixtures])
        #expect(command.status == 64)
        #expect(command.complaints.contains("is no URL such as"))
    }

    @Test func progressIsForTerminalsOnly() async throws {
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
        let configuration = ["--config", mogate.folder.path("mogate.yaml")]
        let commands = [
            (
                ["simulate", "--url", "http://127.0.0.1:\(mogate.port)", "--fixtures", Self.fixtures, "--count", "20"],
                "of 20"
            ),
            (["verify", mogate.folder.path("mogate.db")], "rows"), (["redecode"] + configuration, "1 of"),
            (["replay", "--from", "1", "--dry-run"] + configuration, "░ 0 %  0 of "),
        ]
        for (command, sign) in commands {
            let alone = try MogateCommand(command)
            #expect(alone.status == 0 && !(alone.output + alone.complaints).contains("\r"), "\(alone.complaints)")
            let screen = Pipe()
            let terminal = try Python.process("terminal.py", [RunningMogate.binary.path] + command)
            terminal.environment = ProcessInfo.processInfo.environment.merging(RunningMogate.secrets) { $1 }
            terminal.standardOutput = screen
            try terminal.run()
            let seen = String(decoding: try screen.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            terminal.waitUntilExit()
            #expect(terminal.terminationStatus == 0 && seen.contains("\r"), "\(seen)")
            #expect(seen.contains(sign), "\(seen)")
            // What is left on the screen is what it says elsewhere.
            #expect(seen.contains("\r\u{1B}[K"), "\(seen)")
        }
        #expect(mogate.stop() == 0)
    }

    @Test(arguments: [
        (0, 10, "░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0 %  0 of 10, 5 a second"),
        (10, 10, "████████████████████████████ 100 %  10 of 10, 5 a second"), (7, nil, "7, 5 a second"),
    ])
    func progressIsDrawn(_ done: Int, _ total: Int?, _ line: String) {
        #expect(ProgressBar.line(done, of: total, perSecond: 5) == line)
    }
}
