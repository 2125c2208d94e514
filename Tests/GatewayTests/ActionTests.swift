import FolderKit
import Foundation
import Testing

@testable import Gateway

/// Goal: an operator can have things done to the journal of a running server, and nobody else can.
@Suite(.timeLimit(.minutes(2)))
struct ActionTests {
    private static let sinks = #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#

    private static func post(
        _ name: String, _ body: String, token: String?, to mogate: RunningMogate
    ) async throws -> RunningMogate.Answer {
        try await mogate.send(
            "POST", "/api/v1/\(name)", headers: token.map { [("Authorization", $0)] } ?? [], body: Data(body.utf8),
            toAdmin: true)
    }

    @Test func nothingIsDoneWithoutTheToken() async throws {
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sinks)
        let path = mogate.folder.path("mogate.db")
        let ticket = try #require(AdminTicket(ofJournal: path))
        #expect(ticket.url == "http://127.0.0.1:\(mogate.adminPort)" && ticket.token.count == 64)
        let attributes = try FileManager.default.attributesOfItem(atPath: path + ".admin")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let body = #"{"requests":["00000000-0000-4000-8000-000000000000"]}"#
        for forged in [
            nil, "Bearer ", "Bearer " + ticket.token.dropLast(), "Bearer 0" + ticket.token.dropFirst(), ticket.token,
            "Basic " + ticket.token,
        ] where forged != "Bearer " + ticket.token {
            #expect(try await Self.post("redecode", body, token: forged, to: mogate).status == 401)
        }
        let token = "Bearer " + ticket.token
        #expect(
            try await Self.post("redecode", body, token: token, to: mogate).body.contains(#""newEvents":0"#))
        #expect(try await Self.post("nonsense", body, token: token, to: mogate).status == 404)
        // No number is too small to be understood.
        let replay = try await Self.post("replay", #"{"from":\#(Int64.min),"limit":0}"#, token: token, to: mogate)
        #expect(replay.status == 400 && replay.body.contains("`from` is a number from 1 on"))
        let get = try await mogate.send(
            "GET", "/api/v1/redecode", headers: [("Authorization", token)], toAdmin: true)
        #expect(get.status == 405)
        // Whoever asks for what is gone is no forger, and needs no token to hear that it is.
        for path in ["events/00000000-0000-4000-8000-000000000000", "quarantine/99999", "nonsense"] {
            #expect(try await mogate.send("GET", "/api/v1/" + path, toAdmin: true).status == 404)
        }
        _ = try await mogate.logLine { $0["message"] == "action without its token refused" }
        _ = try await mogate.logLine { $0["message"] == "action performed" && $0["action"] == "redecode" }
        #expect(!mogate.logText.contains(ticket.token))
        #expect(mogate.stop() == 0)
        #expect(AdminTicket(ofJournal: path) == nil)
    }

    @Test func whatCannotBeUnderstoodIsRefusedWithItsReason() async throws {
        func reason(_ body: String) -> String {
            do throws(ActionFault) {
                return "taken: \(try RedecodeAction.read(Array(body.utf8)).requests.count)"
            } catch { return error.description }
        }
        let id = "00000000-0000-4000-8000-000000000000"
        #expect(reason(#"{"requests":["\#(id)"]}"#) == "taken: 1")
        #expect(reason(#"{"requests":[],"other":null}"#) == "taken: 0")
        #expect(reason(#"{"requests":[],"other":1}"#) == "`other` is nothing that redecode knows")
        #expect(reason(#"{"requests":["1"]}"#) == "`requests` cannot be read")
        #expect(reason("") == "`requests` is missing")
        #expect(reason("{") == "not JSON that can be read")
    }

    @Test func aCommandReachesTheServerThatHoldsTheJournal() async throws {
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sinks)
        let callback = Callback.telesign("R1")
        _ = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        let redecode = ["redecode", "--config", mogate.folder.path("mogate.yaml"), "--quarantined", "--apply"]
        let broken = Callback.signed(#"{"reference_id":"#)
        _ = try await mogate.send("POST", "/in/telesign", headers: broken.headers, body: broken.body)
        let beside = try MogateCommand(redecode)
        #expect(beside.status == 0, "\(beside.complaints)")
        _ = try await mogate.logLine { $0["message"] == "action performed" }
        #expect(mogate.stop() == 0)
        let alone = try MogateCommand(redecode)
        #expect(alone.status == 0, "\(alone.complaints)")
        #expect(alone.complaints == beside.complaints)
    }
}
