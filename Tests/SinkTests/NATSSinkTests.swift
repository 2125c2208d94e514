import FolderKit
import Foundation
import Model
import NATS
import NATSKit
import Testing
import Wire

@testable import Sinks

/// Goal: an event counts as taken when a stream has stored it, and is not stored twice when it is sent twice.
///
/// Method: a real nats-server, which is stopped, killed and started again while events are on their way.
@Suite(.timeLimit(.minutes(2)))
struct NATSSinkTests {
    private func sink(
        _ servers: NATSSettings, subject: String = "inbound.{provider}.{channel}.{subject}", timeoutMs: Int64 = 5_000
    ) throws -> NATSSink {
        NATSSink(
            NATSSink.Settings(servers: servers, subject: try SubjectTemplate(subject), timeoutMs: timeoutMs))
    }

    /// What a stream holds under a number: subject, header and body.
    private func stored(_ sequence: Int64, by client: NATSClient) async throws -> (String, String, [UInt8]) {
        let answer = try await client.ask(
            "STREAM.MSG.GET.inbound", [Verbatim.Member(name: "seq", value: .integer(sequence))], timeoutMs: 5_000)
        let message = try #require(answer["message"])
        let header = try #require(message["hdrs"]?.string.flatMap { Base64.decode($0) })
        return (
            try #require(message["subject"]?.string), String(decoding: header, as: UTF8.self),
            try #require(message["data"]?.string.flatMap { Base64.decode($0) })
        )
    }

    @Test func anEventIsStoredUnderItsSubjectAndItsID() async throws {
        let server = try await NATSServer()
        let client = NATSClient(server.settings)
        try await client.makeStream("inbound", "inbound.>")
        let sink = try sink(server.settings)
        let entries = [Sample.entry(1), Sample.entry(2, subject: "a.b*c @example.com"), Sample.entry(3, subject: nil)]
        #expect(await sink.deliver(entries).outcomes == [.taken, .taken, .taken])
        // What is sent again, as after a crash, is known.
        #expect(await sink.deliver([entries[0]]).outcomes == [.taken])
        #expect(try await client.messageCount(of: "inbound") == 3)
        var subjects: Set<String> = []
        for sequence in 1...3 {
            let (subject, header, body) = try await stored(Int64(sequence), by: client)
            subjects.insert(subject)
            let entry = try #require(entries.first { $0.json == body })
            #expect(header.contains("Nats-Msg-Id: \(entry.event.id)\r\n"))
            #expect(header.contains("content-type: application/cloudevents+json"))
        }
        #expect(
            subjects == [
                "inbound.mobile-text-alerts.sms.+4790000001", "inbound.mobile-text-alerts.sms._",
                "inbound.mobile-text-alerts.sms.a%2Eb%2Ac%20@example%2Ecom",
            ])
        await sink.close()
        await client.close()
    }

    @Test func withoutAStreamNothingIsTaken() async throws {
        let server = try await NATSServer()
        let sink = try sink(server.settings)
        #expect(
            await sink.deliver([Sample.entry(1)]).reasons == [
                "later: nobody answers for the subject: no such stream, or it has no leader now"
            ])
        let settings = NATSSink.Settings(servers: server.settings, subject: try SubjectTemplate("inbound.{id}"))
        let event = Sample.entry(1).event
        let problem = await NATSSink.problem(connectingWith: settings, for: event)
        #expect(problem == "no stream takes `inbound.\(event.id)`")
        let client = NATSClient(server.settings)
        try await client.makeStream("inbound", "inbound.>")
        #expect(await NATSSink.problem(connectingWith: settings, for: event) == nil)
        await client.close()
        await sink.close()
    }

    @Test func whatAStreamNeverTakesIsNeverAndWhatItHasNoRoomForIsLater() async throws {
        let server = try await NATSServer("max_payload: 4096")
        let client = NATSClient(server.settings)
        _ = try await client.ask(
            "STREAM.CREATE.inbound",
            [
                Verbatim.Member(name: "name", value: .string("inbound")),
                Verbatim.Member(name: "subjects", value: .array([.string("inbound.>")])),
                Verbatim.Member(name: "max_msgs", value: .integer(1)),
                Verbatim.Member(name: "discard", value: .string("new")),
            ], timeoutMs: 5_000)
        let sink = try sink(server.settings)
        let long = Sample.entry(9, text: String(repeating: "x", count: 5_000))
        #expect(await sink.deliver([long]).reasons == ["never: longer than the server takes: `max_payload`"])
        #expect(await sink.deliver([Sample.entry(1)]).outcomes == [.taken])
        #expect(await sink.deliver([Sample.entry(2)]).reasons == ["later: maximum messages exceeded"])
        await client.close()
        await sink.close()
    }

    @Test func aServerKilledUnderLoadLosesNothingThatWasTaken() async throws {
        let server = try await NATSServer()
        let client = NATSClient(server.settings)
        try await client.makeStream("inbound", "inbound.>")
        let sink = try sink(server.settings, timeoutMs: 1_000)
        var waiting = Sample.entries(1...400)
        var rounds = 0
        while !waiting.isEmpty {
            rounds += 1
            let batch = Array(waiting.prefix(64))
            async let delivered = sink.deliver(batch)
            if rounds == 2 {
                await server.kill()
                try await server.start()
            }
            let outcomes = await delivered.outcomes
            waiting = waiting.dropFirst(64) + zip(batch, outcomes).compactMap { $1 == .taken ? nil : $0 }
            if outcomes.contains(where: { $0 != .taken }) { try await Task.sleep(for: .milliseconds(20)) }
        }
        await sink.close()
        let reader = NATSClient(server.settings)
        let count = try await reader.messageCount(of: "inbound") ?? 0
        var ids: Set<[UInt8]> = []
        for sequence in 1...max(count, 1) { ids.insert(try await stored(sequence, by: reader).2) }
        #expect(ids == Set(Sample.entries(1...400).map(\.json)))
        #expect(count == 400, "one was stored twice")
        await reader.close()
        await client.close()
    }

    @Test func loginsAreCheckedAndAWrongOneIsNoReasonToGiveUpAnEvent() async throws {
        let server = try await NATSServer(#"authorization: {user: "mogate", password: "s3cret"}"#)
        var settings = server.settings
        let open = try sink(settings, timeoutMs: 500)
        guard case .later = await open.deliver([Sample.entry(1)]).outcomes[0] else {
            Issue.record("taken, or given up, without a login")
            return
        }
        await open.close()
        settings.login = .password(user: "mogate", Secret(name: "1", key: Array("s3cret".utf8)))
        let client = NATSClient(settings)
        try await client.makeStream("inbound", "inbound.>")
        let known = try sink(settings)
        #expect(await known.deliver([Sample.entry(1)]).outcomes == [.taken])
        await known.close()
        await client.close()

        let tokens = try await NATSServer(#"authorization: {token: "t0ken"}"#)
        var withToken = tokens.settings
        withToken.login = .token(Secret(name: "1", key: Array("t0ken".utf8)))
        let other = NATSClient(withToken)
        try await other.makeStream("inbound", "inbound.>")
        await other.close()
    }

    @Test func credentialsOfAFileProveWhoWeAreAndOthersDoNot() async throws {
        let server = try await NATSServer(Decentralized.lines)
        var settings = server.settings
        settings.login = .credentials(Decentralized.login)
        let client = NATSClient(settings)
        try await client.makeStream("inbound", "inbound.>")
        let sink = try sink(settings)
        #expect(await sink.deliver([Sample.entry(1)]).outcomes == [.taken])
        #expect(try await client.messageCount(of: "inbound") == 1)
        await sink.close()
        await client.close()

        // Nobody; and one whose key is another's.
        let other = Decentralized.credentials.replacing("NKEY SEED-----\nSU", with: "NKEY SEED-----\nSUA")
        for login in [NATSSettings.Login.nobody, .credentials(Secret(name: "1", key: Array(other.utf8)))] {
            var wrong = server.settings
            wrong.login = login
            let stranger = NATSClient(wrong)
            await #expect(throws: NATSFault.self) { try await stranger.ask("INFO", timeoutMs: 1_000) }
            await stranger.close()
        }
    }

    @Test func tlsIsSpokenToAServerThatIsVouchedForAndToNoOther() async throws {
        let scratch = try Scratch()
        let script = Repository.root.appending(path: "Tests/Tools/authority.sh")
        #expect(try Command.run("sh", script.path, scratch.folder, "server", "client") == 0)
        let server = try await NATSServer(
            """
            tls: {cert_file: "\(scratch.folder)/server.pem", key_file: "\(scratch.folder)/server.key",
                  ca_file: "\(scratch.folder)/authority.pem", verify: true}
            """)
        let authority = try scratch.content("authority.pem")
        let key = Secret(name: "key", key: Array(try scratch.content("client.key").utf8))
        var settings = NATSSettings(servers: ["tls://localhost:\(server.port)"])
        settings.tls = ClientTLS(
            authorities: authority, certificate: try scratch.content("client.pem"), key: key)
        let client = NATSClient(settings)
        try await client.makeStream("inbound", "inbound.>")
        let sink = try sink(settings)
        #expect(await sink.deliver([Sample.entry(1)]).outcomes == [.taken])
        await sink.close()
        await client.close()

        // Another name than the certificate's; nobody who vouches; no certificate of ours.
        var byNumber = settings
        byNumber.servers = ["tls://127.0.0.1:\(server.port)"]
        var unvouched = settings
        unvouched.tls?.authorities = nil
        var nameless = settings
        nameless.tls?.certificate = nil
        for wrong in [byNumber, unvouched, nameless] {
            let stranger = NATSClient(wrong)
            await #expect(throws: NATSFault.self) { try await stranger.ask("INFO", timeoutMs: 1_000) }
            await stranger.close()
        }
    }

    @Test func templatesAreRefusedThatMakeNoSubject() throws {
        for (template, problem) in [
            ("inbound.{nobody}", "`{nobody}` is none of"), ("inbound.{type", "a `{` is not closed"),
            ("inbound..{type}", "is not words"), ("inbound.>", "is not words"), ("in bound", "is not words"),
            ("", "is not words"),
        ] {
            #expect {
                try SubjectTemplate(template)
            } throws: {
                String(describing: $0).contains(problem)
            }
        }
    }
}

/// Runs a program to its end.
private enum Command {
    static func run(_ program: String, _ arguments: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
