import FolderKit
import Foundation
import Journal
import Model
import Testing

/// Goal: an event that the process ends of, whenever it is tried, does not stop the others for ever (case 119, R7).
///
/// Method: a receiver that kills the sender with SIGKILL when it is sent that event, before it answers.
@Suite(.timeLimit(.minutes(2)))
struct PoisonTests {
    @Test func oneThatTheProcessEndsOfIsADeadLetterAfterThreeTimesAndTheOthersGoOn() async throws {
        let folder = try TemporaryFolder()
        let tool = try Python.process("poison.py", ["poison", folder.path("pid")])
        let output = Pipe()
        let input = Pipe()
        tool.standardOutput = output
        tool.standardInput = input
        let lines = LineReader(output.fileHandleForReading)
        try tool.run()
        defer { try? input.fileHandleForWriting.close() }
        let sinks = """
              - {name: crm, kind: http, url: "http://127.0.0.1:\(try await lines.line(0))/", allowNetworks: [127.0.0.0/8]}
            """
        // Nobody listens where the first one sends, so that all of them wait when the receiver is there.
        let silent = #"  - {name: crm, kind: http, url: "http://127.0.0.1:9/", allowNetworks: [127.0.0.0/8]}"#
        let first = try await RunningMogate(in: folder, sinks: silent)
        for text in ["one", "two", "poison", "four", "five"] {
            let callback = Callback.telesign("R-\(text)", text: text)
            let answer = try await first.send(
                "POST", "/in/telesign", headers: callback.headers, body: callback.body)
            #expect(answer.status == 200)
        }
        #expect(first.stop() == 0)

        for _ in 1...3 {
            do {
                let mogate = try await RunningMogate(in: folder, sinks: sinks) { pid in
                    try Data("\(pid)".utf8).write(to: folder.url.appending(path: "pid"))
                }
                #expect(mogate.exitCode() == SIGKILL)
            } catch is LogReader.Over {
                // It was killed before it could say that it listens.
            }
        }
        let last = try await RunningMogate(in: folder, sinks: sinks)
        let given = try await last.logLine { $0["message"] == "delivery given up" }
        #expect(given["sink"] == "crm")
        // Some of them may have been taken more than once before.
        try await RunningMogate.eventually { Set(lines.all.filter { $0.hasPrefix("taken ") }).count == 4 }
        #expect(last.stop() == 0)

        let killed = lines.all.filter { $0.hasPrefix("killed ") }
        #expect(killed.count == 3 && Set(killed).count == 1)
        let taken = lines.all.filter { $0.hasPrefix("taken ") }
        // Each crash leaves each of them in doubt once at most (R5).
        let counts = Dictionary(taken.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.count == 4 && counts.values.allSatisfy { $0 <= 1 + 3 })
        let browser = try SQLiteBrowser(path: folder.path("mogate.db"))
        let letters = try await browser.deadLetters().letters
        await browser.close()
        #expect(letters.map { "killed \($0.entry.event.id)" } == Array(Set(killed)))
    }
}
