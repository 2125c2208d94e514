import FolderKit
import Foundation
import Testing

/// Goal: a file passes from one sink to another by a reload, and back where the reload fails.
@Suite(.timeLimit(.minutes(2)))
struct SinkReloadTests {
    private static func started(_ sinks: String) async throws -> RunningMogate {
        try await RunningMogate(in: TemporaryFolder(), sinks: sinks)
    }

    private static func post(_ id: String, to mogate: RunningMogate) async throws {
        let callback = Callback.telesign(id)
        let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(answer.status == 200)
    }

    /// Changes words of the configuration, and has it read again.
    private static func reload(_ mogate: RunningMogate, _ changes: (String, String)...) throws {
        let path = mogate.folder.path("mogate.yaml")
        var text = try String(contentsOfFile: path, encoding: .utf8)
        for (old, new) in changes { text = text.replacing(old, with: new) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
    }

    private static let isReloaded = { @Sendable (line: [String: String]) in
        line["message"] == "configuration reloaded"
    }

    private static let archive = #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#

    @Test func aSinkOfAnotherNameTakesItsFileOver() async throws {
        let mogate = try await Self.started(Self.archive)
        try await Self.post("R1", to: mogate)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 1 }
        try Self.reload(mogate, ("name: archive", "name: store"))
        _ = try await mogate.logLine(where: Self.isReloaded)
        try await Self.post("R2", to: mogate)
        // Its name was never seen: it begins at the first event, in a file of its own, and the other's is put aside.
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 2 }
        #expect(mogate.stop() == 0)
    }

    /// Whose files hold something are told apart by what they hold, and are to be given each other's names as well.
    @Test func twoSinksChangeTheirFiles() async throws {
        let mogate = try await Self.started(
            Self.archive + "\n"
                + #"  - {name: consents, kind: file, path: "$DIR/consents.ndjson", where: {type: mogate.consent.changed}}"#
        )
        try Self.reload(
            mogate, ("events.ndjson", "other"), ("consents.ndjson", "events.ndjson"), ("other", "consents.ndjson"))
        _ = try await mogate.logLine(where: Self.isReloaded)
        try await Self.post("R1", to: mogate)
        try await RunningMogate.eventually { mogate.lines(of: "consents.ndjson").count == 1 }
        #expect(mogate.stop() == 0)
        #expect(mogate.lines(of: "events.ndjson").isEmpty)
    }

    @Test func aReloadThatFailsGivesTheFileBack() async throws {
        let mogate = try await Self.started(Self.archive)
        try Data().write(to: mogate.folder.url.appending(path: "taken"))
        try await Self.post("R1", to: mogate)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 1 }
        let nowhere = #"  - {name: nowhere, kind: file, path: "\#(mogate.folder.path("taken/events.ndjson"))"}"#
        try Self.reload(mogate, ("  - {name: archive", "  - {name: store"), ("ndjson\"}", "ndjson\"}\n\(nowhere)"))
        let refused = try await mogate.logLine { $0["message"]?.contains("not reloaded") == true }
        #expect(refused["fault"]?.contains("sink nowhere") == true)
        try await Self.post("R2", to: mogate)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 2 }
        #expect(mogate.stop() == 0)
    }
}
