import FolderKit
import Foundation
import Journal
import Model
import Testing

@testable import Gateway

/// Goal: what was sent, or could not be, can be sent again, with its id and its bytes; and a sink that wants nothing more
/// is left alone until a person says otherwise.
@Suite(.timeLimit(.minutes(2)))
struct ReplayTests {
    private static func sink(_ receiver: Receiver) -> String {
        """
          - name: crm
            kind: http
            url: "http://127.0.0.1:\(receiver.port)/inbound"
            sign: "env:SINK_SECRET"
            allowNetworks: [127.0.0.0/8]
            retry: {first: 10ms, longest: 50ms, for: 1h}
          - {name: archive, kind: file, path: "$DIR/events.ndjson"}
        """
    }

    private static func post(_ ids: [String], to mogate: RunningMogate) async throws {
        for id in ids {
            let callback = Callback.telesign(id)
            let answer = try await mogate.send(
                "POST", "/in/telesign", headers: callback.headers, body: callback.body)
            #expect(answer.status == 200)
        }
    }

    private static func sinks(of mogate: RunningMogate) async throws -> [String: SinkState] {
        let browser = try SQLiteBrowser(path: mogate.folder.path("mogate.db"))
        let sinks = try await browser.sinks()
        await browser.close()
        return Dictionary(uniqueKeysWithValues: sinks.map { ($0.name, $0) })
    }

    private static func replay(_ mogate: RunningMogate, _ arguments: String...) throws -> MogateCommand {
        try MogateCommand(["replay", "--config", mogate.folder.path("mogate.yaml")] + arguments)
    }

    @Test func deadLettersGoOutAgainUnderTheirIds() async throws {
        let receiver = try await Receiver(
            secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [401, 401, 200])
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sink(receiver))
        try await Self.post(["R1", "R2"], to: mogate)
        try await RunningMogate.eventually { try await Self.sinks(of: mogate)["crm"]?.deadLetters == 2 }

        let dry = try Self.replay(mogate, "--dead-letters", "--dry-run")
        #expect(dry.lines.contains { $0.hasPrefix("crm: 2 events would be sent again") }, "\(dry.output)")
        #expect(try await Self.sinks(of: mogate)["crm"]?.deadLetters == 2)
        let replay = try Self.replay(mogate, "--dead-letters", "--sink", "crm", "--json")
        #expect(replay.output.contains(#""events":2"#), "\(replay.output)\(replay.complaints)")
        let first = [try await receiver.delivery(0), try await receiver.delivery(1)]
        let again = [try await receiver.delivery(2), try await receiver.delivery(3)]
        #expect(Set(again.map(\.webhookId)) == Set(first.map(\.webhookId)))
        #expect(again.allSatisfy { $0.verified && $0.eventId == $0.webhookId })
        try await RunningMogate.eventually {
            let sink = try await Self.sinks(of: mogate)["crm"]
            return sink?.deadLetters == 0 && sink?.retries == 0
        }
        #expect(mogate.stop() == 0)
    }

    @Test func aFileIsWrittenTheSameLinesOnceMore() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sink(receiver))
        try await Self.post(["R1", "R2", "R3", "R4"], to: mogate)
        try await RunningMogate.eventually {
            try await Self.sinks(of: mogate).values.allSatisfy { $0.cursor == 4 }
        }
        let lines = mogate.lines(of: "events.ndjson")
        #expect(try Self.replay(mogate, "--from", "2", "--through", "3", "--sink", "archive").status == 0)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count >= 6 }
        #expect(mogate.lines(of: "events.ndjson") == lines + lines[1...2])
        #expect(mogate.stop() == 0)
        #expect(receiver.deliveryCount == 4)

        // Where no server runs the command does it, and the next server sends.
        let id = try #require(lines[0].firstMatch(of: /"id":"([0-9a-f-]{36})"/)).1
        let alone = try Self.replay(mogate, String(id))
        #expect(alone.lines.map { $0.prefix(12) } == ["crm: 1 event", "archive: 1 e"], "\(alone.complaints)")
        let next = try await RunningMogate(in: mogate.folder, sinks: Self.sink(receiver))
        #expect(try await receiver.delivery(4).webhookId == id)
        try await RunningMogate.eventually { next.lines(of: "events.ndjson").count >= 7 }
        #expect(next.lines(of: "events.ndjson").count == 7)
        #expect(next.lines(of: "events.ndjson").last == lines[0])
        #expect(next.stop() == 0)
    }

    @Test func manyAreSentAgainPartByPart() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [401])
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sink(receiver))
        let simulation = try MogateCommand([
            "simulate", "--url", "http://127.0.0.1:\(mogate.port)", "--fixtures",
            Repository.root.appending(path: "Fixtures").path,
            "--only", "telesign/sms", "--count", "2300", "--rate", "5000",
        ])
        #expect(simulation.status == 0, "\(simulation.complaints)")
        try await RunningMogate.eventually {
            let sinks = try await Self.sinks(of: mogate)
            return sinks["crm"]?.deadLetters == sinks["archive"]?.cursor && sinks["archive"]?.cursor ?? 0 > 2_000
        }
        let count = mogate.lines(of: "events.ndjson").count
        let range = try Self.replay(mogate, "--from", "2", "--sink", "archive", "--dry-run")
        #expect(range.output == "archive: \(count - 1) events would be sent again, numbers 2 to \(count)\n")
        let letters = try Self.replay(mogate, "--dead-letters", "--sink", "crm", "--dry-run")
        #expect(letters.output == "crm: \(count) events would be sent again, numbers 1 to \(count)\n")
        #expect(try Self.replay(mogate, "--through", "2100", "--sink", "archive").status == 0)
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == count + 2_100 }
        let lines = mogate.lines(of: "events.ndjson")
        #expect(Array(lines[count...]) == Array(lines[..<2_100]))

        // Each part says where the next one begins.
        let ticket = try #require(AdminTicket(ofJournal: mogate.folder.path("mogate.db")))
        var next: Int64? = 1
        var parts: [Int] = []
        while let from = next {
            let answer = try await mogate.send(
                "POST", "/api/v1/replay", headers: [("Authorization", "Bearer " + ticket.token)],
                body: Data(#"{"sink":"archive","from":\#(from),"limit":600,"dryRun":true}"#.utf8), toAdmin: true)
            let outcome = try JSONDecoder().decode(ReplayAction.Outcome.self, from: Data(answer.body.utf8))
            let share = try #require(outcome.sinks.first)
            #expect(share.first == from)
            // Of which it knows how far they came.
            #expect(share.passed == Int64(share.events) && share.left == Int64(count) - from + 1 - Int64(share.events))
            parts.append(share.events)
            next = share.next
        }
        #expect(parts == [1_000, 1_000, count - 2_000])
        // A part with nothing in it does nothing, and tells how much there is.
        for (conditions, total) in [(#""from":3,"through":1000"#, 998), (#""deadLetters":true"#, count)] {
            let answer = try await mogate.send(
                "POST", "/api/v1/replay", headers: [("Authorization", "Bearer " + ticket.token)],
                body: Data(#"{"sink":"crm",\#(conditions),"limit":0}"#.utf8), toAdmin: true)
            let share = try #require(
                try JSONDecoder().decode(ReplayAction.Outcome.self, from: Data(answer.body.utf8)).sinks.first)
            #expect(share.events == 0 && share.passed == 0 && share.left == Int64(total), "\(conditions)")
        }
        #expect(try await Self.sinks(of: mogate)["crm"]?.deadLetters == Int64(count))
        #expect(mogate.stop() == 0)
    }

    @Test func whatCannotBeMeantIsRefused() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sink(receiver))
        #expect(try Self.replay(mogate).status == 64)
        #expect(try Self.replay(mogate, "--sink", "crm").status == 64)
        #expect(try Self.replay(mogate, "--from", "1", "--sink", "cmr").complaints == "no sink `cmr` is configured\n")
        let unknown = "00000000-0000-4000-8000-000000000000"
        #expect(try Self.replay(mogate, unknown).complaints == "there is no event \(unknown)\n")
        #expect(mogate.stop() == 0)
    }

    /// Case 124: 410.
    @Test func aSinkThatIsGoneIsSentNothingMoreUntilAPersonSaysSo() async throws {
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [410, 200])
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sink(receiver))
        try await Self.post(["R1"], to: mogate)
        _ = try await mogate.logLine { $0["message"]?.hasPrefix("sink wants nothing more") ?? false }
        try await Self.post(["R2"], to: mogate)
        try await RunningMogate.eventually { try await Self.sinks(of: mogate)["crm"]?.halt != nil }
        let metrics = try await mogate.send("GET", "/metrics", toAdmin: true).body
        #expect(metrics.contains(#"mogate_sink_halted{sink="crm"} 1"#))
        #expect(mogate.stop() == 0)

        let next = try await RunningMogate(in: mogate.folder, sinks: Self.sink(receiver))
        _ = try await next.logLine { $0["message"]?.hasPrefix("sink wants nothing more") ?? false }
        let list = try MogateCommand(["sinks", "--journal", mogate.folder.path("mogate.db")])
        #expect(list.lines.contains { $0.hasPrefix("crm ") && $0.hasSuffix("status 410") }, "\(list.output)")
        #expect(receiver.deliveryCount == 1)
        let resume = ["sinks", "resume", "crm", "--config", mogate.folder.path("mogate.yaml")]
        #expect(try MogateCommand(resume).output == "crm is sent to again\n")
        let gone = try await receiver.delivery(0).webhookId
        #expect(
            Set([try await receiver.delivery(1).webhookId, try await receiver.delivery(2).webhookId]).contains(gone))
        #expect(try MogateCommand(resume).output == "crm was not stopped: nothing is changed\n")
        try await RunningMogate.eventually { try await Self.sinks(of: mogate)["crm"]?.cursor == 2 }
        #expect(next.stop() == 0)
        #expect(try await Self.sinks(of: mogate)["crm"]?.deadLetters == 0)
    }
}
