import FolderKit
import Foundation
import Testing

/// Goal: a list that is longer than an answer says so and goes on, and nothing in one does anything to a terminal.
@Suite(.timeLimit(.minutes(2)))
struct ListTests {
    /// Three events that the sink refused for good, each with a field that is new.
    private static func refused() async throws -> (RunningMogate, Receiver) {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [404, 404, 404])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(),
            sinks: """
                  - {name: crm, kind: http, url: "http://127.0.0.1:\(receiver.port)/", sign: "env:SINK_SECRET",
                     allowNetworks: [127.0.0.0/8]}
                """)
        for number in 1...3 {
            let callback = Callback.telesign("R\(number)", extra: #","new\#(number)":1"#)
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            _ = try await receiver.delivery(number - 1)
        }
        let path = mogate.folder.path("mogate.db")
        try await RunningMogate.eventually {
            try MogateCommand(["dead-letters", "--json", "--journal", path]).lines.count == 3
        }
        return (mogate, receiver)
    }

    private struct Page: Decodable {
        struct Sighting: Decodable { let path: String }
        struct Letter: Decodable {
            struct Event: Decodable { let sequence: Int }
            let event: Event
        }

        let letters: [Letter]?
        let sightings: [Sighting]?
        let next: String?
    }

    @Test func thePageIsToldOfDeadLettersAndDriftPartByPart() async throws {
        let (mogate, receiver) = try await Self.refused()
        defer { withExtendedLifetime(receiver) {} }
        func page(_ name: String, after next: String?) async throws -> Page {
            let after = next?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "&after=\($0)" } ?? ""
            let answer = try await mogate.send("GET", "/api/v1/\(name)?limit=2\(after)", toAdmin: true)
            return try JSONDecoder().decode(Page.self, from: Data(answer.body.utf8))
        }
        let first = try await page("dead-letters", after: nil)
        #expect(first.letters?.map(\.event.sequence) == [1, 2] && first.next == "crm/2")
        let second = try await page("dead-letters", after: first.next)
        #expect(second.letters?.map(\.event.sequence) == [3] && second.next == nil)
        let some = try await page("drift", after: nil)
        let rest = try await page("drift", after: some.next)
        let paths = [some, rest].flatMap { ($0.sightings ?? []).map(\.path) }
        #expect(paths == ["$.new1", "$.new2", "$.new3"])
        #expect(some.next != nil && rest.next == nil)
        #expect(mogate.stop() == 0)
    }

    @Test func aCommandSaysWhereItGoesOn() async throws {
        let (mogate, receiver) = try await Self.refused()
        defer { withExtendedLifetime(receiver) {} }
        let journal = ["--journal", mogate.folder.path("mogate.db")]
        let first = try MogateCommand(["dead-letters", "--limit", "2"] + journal)
        #expect(first.lines.count == 3 && first.complaints == "there are more: --after crm/2\n")
        let second = try MogateCommand(["dead-letters", "--after", "crm/2", "--json"] + journal)
        #expect(second.lines.count == 1 && second.complaints.isEmpty)
        #expect(try MogateCommand(["dead-letters", "--after", "crm"] + journal).status == 64)

        for number in 1...3 {
            let callback = Callback.signed("{\"reference_id\": \"R\(number)\", \u{1B}]0;title\u{7}")
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        }
        let items = try MogateCommand(["quarantine", "--limit", "1"] + journal)
        #expect(items.lines.count == 2 && items.complaints == "there are more: --after 1\n")
        #expect(try MogateCommand(["quarantine", "--after", "1"] + journal).lines.count == 3)
        #expect(mogate.stop() == 0)

        // To the byte for a program, and harmless for a person.
        #expect(try MogateCommand(["quarantine", "1"] + journal).output.contains("\u{1B}]0;title\u{7}"))
        let seen = try Self.atATerminal(["quarantine", "1"] + journal)
        #expect(seen.contains(#"\u001b]0;title\u0007"#) && !seen.contains("\u{1B}"), "\(seen)")
    }

    @Test func namesThatAVendorChoseAreSpelledOut() async throws {
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#)
        let name = #""\u001b]0;title\u0007\u202e""#
        let callback = Callback.telesign("R1", extra: ",\(name):\(name)")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        let journal = ["--journal", mogate.folder.path("mogate.db")]
        let table = try MogateCommand(["drift"] + journal).output
        #expect(table.contains(#"\u001b]0;title\u0007\u202e"#))
        for command in ["drift", "events", "trace R1"] {
            for form in [[], ["--json"]] {
                let seen = try Self.atATerminal(command.split(separator: " ").map(String.init) + form + journal)
                #expect(!seen.contains("]0;title\u{7}") && !seen.contains("\u{202E}"), "\(command): \(seen)")
            }
        }
        #expect(mogate.stop() == 0)
    }

    /// What a command prints where a person looks on.
    private static func atATerminal(_ arguments: [String]) throws -> String {
        let command = ([RunningMogate.binary.path] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/script")
        process.arguments = ["--quiet", "--command", command, "/dev/null"]
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text
    }
}
