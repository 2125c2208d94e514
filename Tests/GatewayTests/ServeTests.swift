import Casebook
import FolderKit
import Foundation
import Journal
import Model
import Testing

/// Goal: what the README promises of a running mogate is so.
///
/// Method: the real binary, real sockets, real files; nothing is faked but the vendors.
@Suite(.timeLimit(.minutes(3)))
struct ServeTests {
    private static let fileSink = #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#

    private static func started(
        _ folder: TemporaryFolder? = nil, sinks: String = fileSink
    ) async throws -> RunningMogate {
        try await RunningMogate(in: folder ?? TemporaryFolder(), sinks: sinks)
    }

    private static func quarantine(of mogate: RunningMogate) async throws -> [QuarantineItem] {
        let browser = try SQLiteBrowser(path: mogate.folder.path("mogate.db"))
        let items = try await browser.quarantine().items
        await browser.close()
        return items
    }

    @Test func everyRecordedCaseIsAnsweredAndItsEventIsInTheFile() async throws {
        let mogate = try await Self.started()
        let cases = try Case.all(in: Repository.root.appending(path: "Fixtures").path)
        #expect(cases.count > 20)
        var ids: [String: String] = [:]
        for fixture in cases {
            let request = fixture.signed(fixture.freshBody(seed: "test"), for: fixture.commonSource)
            let answer = try await mogate.send(
                "POST", request.path, headers: request.headers.map { ($0.name, $0.value) }, body: Data(request.body))
            #expect(answer.status == 200, "\(fixture)")
            // The running sources are the cases' common ones: a case with a source of its own may come out otherwise.
            guard !fixture.hasOwnSource else { continue }
            for event in fixture.outcome(of: request.webhook()).events { ids[event.id.description] = "\(fixture)" }
        }
        #expect(ids.count > 20)
        let browser = try SQLiteBrowser(path: mogate.folder.path("mogate.db"))
        let stored = try await browser.counts().events
        await browser.close()
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == stored }
        #expect(mogate.stop() == 0)
        let lines = mogate.lines(of: "events.ndjson").joined()
        for (id, name) in ids where !lines.contains(id) { Issue.record("\(name): its event \(id) is not in the file") }
    }

    @Test func whatIsNotTakenIsAnsweredWithoutAHint() async throws {
        let mogate = try await Self.started()
        var (headers, body) = Callback.telesign("R1")
        body.append(0x20)
        let forged = try await mogate.send("POST", "/in/telesign", headers: headers, body: body)
        #expect(forged.status == 401)
        #expect(forged.body == #"{"error":"unauthorized"}"#)
        #expect(try await mogate.send("POST", "/in/telesign", body: Data()).status == 401)
        #expect(try await mogate.send("POST", "/in/nobody", headers: headers, body: body).status == 404)
        #expect(try await mogate.send("GET", "/in/telesign").status == 405)
        #expect(try await mogate.send("GET", "/").status == 404)
        #expect(try await mogate.send("POST", "/in/telesign", body: Data(count: 2 << 20)).status == 413)
        #expect(try await mogate.send("GET", "/readyz", toAdmin: true).body == "ready\n")
        #expect(mogate.stop() == 0)
        let browser = try SQLiteBrowser(path: mogate.folder.path("mogate.db"))
        let counts = try await browser.counts()
        await browser.close()
        #expect(counts.requests == 0 && counts.events == 0 && counts.quarantine == 0)
    }

    @Test func theSameCallbackIsOneEventHoweverOftenItComes() async throws {
        let folder = try TemporaryFolder()
        let callback = Callback.telesign("SAME")
        var mogate = try await Self.started(folder)
        let first = mogate
        try await withThrowingTaskGroup { group in
            for _ in 0..<3 {
                group.addTask {
                    let answer = try await first.send(
                        "POST", "/in/telesign", headers: callback.headers, body: callback.body)
                    #expect(answer.status == 200)
                    #expect(answer.body == "{}")
                }
            }
            try await group.waitForAll()
        }
        #expect(mogate.stop() == 0)
        mogate = try await Self.started(folder)
        let again = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(again.status == 200)
        #expect(mogate.stop() == 0)
        #expect(mogate.lines(of: "events.ndjson").count == 1)
    }

    @Test func brokenJSONIsAnsweredKeptAndShown() async throws {
        let mogate = try await Self.started()
        let broken = Callback.signed(#"{"reference_id": "R1", "#)
        #expect(try await mogate.send("POST", "/in/telesign", headers: broken.headers, body: broken.body).status == 200)
        let whole = Callback.telesign("R2")
        #expect(try await mogate.send("POST", "/in/telesign", headers: whole.headers, body: whole.body).status == 200)
        let items = try await Self.quarantine(of: mogate)
        #expect(items.map(\.fault.path) == ["$"])
        #expect(items.first.map { Data($0.body) } == broken.body)
        #expect(mogate.stop() == 0)
        #expect(mogate.lines(of: "events.ndjson").count == 1)
    }

    @Test func whatIsUnknownIsKeptInItsPlace() async throws {
        let mogate = try await Self.started()
        let field = Callback.telesign("R1", extra: #","brand_new":{"a":[1,2.5,null]}"#)
        let type = Callback.signed(
            #"{"content":{"type":"hologram","content":{"depth":3}},"phone_number":"11234567890","#
                + #""waba_phone_number":"11234567891","reference_id":"R2"}"#)
        for callback in [field, type] {
            let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
            #expect(answer.status == 200)
        }
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count == 2 }
        let text = mogate.lines(of: "events.ndjson").joined()
        #expect(text.contains(#""brand_new":{"a":[1,2.5,null]}"#))
        #expect(
            text.contains(
                #"{"type":"unsupported","providerType":"hologram","raw":{"type":"hologram","content":{"depth":3}}}"#))
        #expect(mogate.stop() == 0)
    }

    @Test func aNewConfigurationIsTakenOverAndABadOneChangesNothing() async throws {
        let mogate = try await Self.started()
        let path = mogate.folder.path("mogate.yaml")
        let old = try String(contentsOfFile: path, encoding: .utf8)
        let callback = Callback.telesign("R1")

        try old.replacing("name: telesign", with: "nam: telesign").write(
            toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        let refused = try await mogate.logLine { $0["message"]?.contains("not reloaded") == true }
        #expect(refused["fault"]?.contains("did you mean `name`?") == true)
        #expect(
            try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body).status == 200)

        let renamed = old.replacing("name: telesign", with: "name: other")
            .replacing("events.ndjson", with: "more.ndjson").replacing("archive", with: "second")
        try renamed.write(toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["message"] == "configuration reloaded" }
        #expect(
            try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body).status == 404)
        #expect(
            try await mogate.send("POST", "/in/other", headers: callback.headers, body: callback.body).status == 200)
        // What takes a restart is told.
        let hosts = renamed.replacing("admin: {", with: "admin: {hosts: [ops.example], ")
        #expect(hosts != renamed)
        try hosts.write(toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["key"] == "admin" }
        // A sink that is new begins at the first event there is.
        try await RunningMogate.eventually { mogate.lines(of: "more.ndjson").count == 2 }
        #expect(mogate.stop() == 0)
    }

    @Test func metricsCountWhatHappened() async throws {
        let mogate = try await Self.started()
        let callback = Callback.telesign("R1")
        for _ in 0..<2 {
            _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        }
        _ = try await mogate.send("POST", "/in/telesign", body: callback.body)
        let text = try await mogate.send("GET", "/metrics", toAdmin: true).body
        for line in [
            #"mogate_requests_total{source="telesign",outcome="accepted"} 1"#,
            #"mogate_requests_total{source="telesign",outcome="duplicate"} 1"#,
            #"mogate_requests_total{source="telesign",outcome="refused"} 1"#,
            #"mogate_events_total{provider="telesign",channel="sms",type="mogate.message.received"} 1"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        #expect(mogate.stop() == 0)
    }

    @Test func aSecondProcessOnTheSameJournalIsTurnedAway() async throws {
        let folder = try TemporaryFolder()
        let mogate = try await Self.started(folder)
        await #expect(throws: LogReader.Over.self) { try await Self.started(folder) }
        #expect(mogate.stop() == 0)
    }

    /// Two that listen at the same address would have a share of the callbacks each.
    @Test(arguments: [1, 2])
    func aSecondProcessAtTheSameAddressIsTurnedAway(loops: Int) async throws {
        let limits = "limits: {loops: \(loops)}"
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.fileSink, limits: limits)
        for (ports, taken) in [((mogate.port, 0), mogate.port), ((0, mogate.adminPort), mogate.adminPort)] {
            let folder = try TemporaryFolder()
            let over = await #expect(throws: LogReader.Over.self) {
                try await RunningMogate(in: folder, sinks: Self.fileSink, limits: limits, ports: ports)
            }
            #expect(over?.log.contains(Self.cannotListen(at: taken)) == true)
        }
        #expect(mogate.stop() == 0)
    }

    /// Nor is it told how sinks fare that have to end for it; of so many, some are always about to look into the journal.
    @Test func aPortThatIsTakenIsToldInWords() async throws {
        let server = try HangingServer()
        let sinks = (1...40).map { #"  - {name: sink-\#($0), kind: file, path: "$DIR/\#($0).ndjson"}"# }
        let over = await #expect(throws: LogReader.Over.self) {
            try await RunningMogate(
                in: TemporaryFolder(), sinks: sinks.joined(separator: "\n"), ports: (server.port, 0))
        }
        #expect(over?.log == Self.cannotListen(at: server.port))
    }

    private static func cannotListen(at port: Int) -> String {
        "mogate: cannot listen on 127.0.0.1:\(port): Address already in use (error 98)\n"
    }
}
