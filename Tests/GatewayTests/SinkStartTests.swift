import FolderKit
import Foundation
import NATSKit
import Testing

/// Goal: no sink that cannot be started is given up, nor does it keep callbacks from being taken in.
///
/// Method: the real binary over a real nats-server, which is killed or withholds what it is asked for.
@Suite(.timeLimit(.minutes(2)))
struct SinkStartTests {
    private static func sink(_ receiver: Receiver) -> String {
        """
          - {name: crm, kind: http, url: "http://127.0.0.1:\(receiver.port)/", sign: "env:SINK_SECRET",
             allowNetworks: [127.0.0.0/8], timeout: 10s, retry: {first: 10ms, longest: 20ms, for: 1h}}
        """
    }

    private static let isUnopened = { @Sendable (line: [String: String]) in
        line["message"] == "sink cannot be opened, its events wait"
    }

    private static func journal(_ server: NATSServer) -> String {
        #"kind: nats, servers: ["\#(server.url)"], replicas: 1, turn: 1s, within: 500ms"#
    }

    private static func post(_ id: String, to mogate: RunningMogate) async throws -> Int {
        let callback = Callback.telesign(id)
        return try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body).status
    }

    @Test func aSinkThatTheLogSaysNothingOfIsTriedAgainBehindOpenDoors() async throws {
        let server = try await NATSServer("max_payload: 4MB\n" + NATSServer.withholdsMessages)
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: Self.sink(receiver), log: Self.journal(server))
        let told = try await mogate.logLine(where: Self.isUnopened)
        #expect(told["sink"] == "crm" && told["problem"] == "the journal: busy")
        #expect(try await Self.post("R1", to: mogate) == 200)
        #expect(mogate.stop() == 0)
    }

    @Test func aReloadDuringAnOutageOfTheLogLeavesTheSinkAsItWas() async throws {
        let server = try await NATSServer("max_payload: 4MB")
        let receiver = try await Receiver(secret: RunningMogate.secrets["SINK_SECRET"]!, answering: [200])
        let mogate = try await RunningMogate(
            in: TemporaryFolder(), sinks: Self.sink(receiver), log: Self.journal(server))
        #expect(try await Self.post("R1", to: mogate) == 200)
        _ = try await receiver.delivery(0)
        await server.kill()
        let path = mogate.folder.path("mogate.yaml")
        try String(contentsOfFile: path, encoding: .utf8).replacing("timeout: 10s", with: "timeout: 9s")
            .write(toFile: path, atomically: true, encoding: .utf8)
        mogate.signal(SIGHUP)
        _ = try await mogate.logLine { $0["message"]?.contains("not reloaded") == true }

        try await server.start()
        try await RunningMogate.eventually { try await Self.post("R2", to: mogate) == 200 }
        // That the first was delivered may not have been recorded yet: then it comes again before.
        var number = 1
        while try await receiver.delivery(number).data.providerMessageId != "R2" { number += 1 }
        #expect(mogate.stop() == 0)
    }
}
