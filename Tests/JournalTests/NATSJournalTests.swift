import Foundation
import Model
import NATS
import NATSKit
import Testing
import Threads

@testable import Journal

/// Goal: nodes that share a log store each event once, serve each sink one at a time, and lose nothing to a fault.
///
/// Method: several journals on one real nats-server, which is killed and started again.
@Suite(.timeLimit(.minutes(2)))
struct NATSJournalTests {
    private func node(_ server: NATSServer, turnMs: Int64 = 2_000) async throws -> NATSJournal {
        try await NATSJournal.open(.alone(on: server, turnMs: turnMs))
    }

    private func change(_ stream: String, _ members: [Verbatim.Member], on server: NATSServer) async throws {
        let client = NATSClient(server.settings)
        _ = try await client.ask("STREAM.CREATE.\(stream)", members, timeoutMs: 5_000)
        await client.close()
    }

    @Test func nodesThatAreBroughtTheSameEventStoreItOnceBeyondAnyWindow() async throws {
        let server = try await NATSServer()
        let nodes = [try await node(server), try await node(server), try await node(server)]
        let news = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<90 {
                group.addTask {
                    try await nodes[number % 3].append(.sample(number, events: [.sample(number % 10)])).newEvents
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(news == 10)
        // No id of a message is remembered across a restart for any time: it is the event itself that is found.
        await server.kill()
        try await server.start()
        for number in 0..<10 {
            let late = try await nodes[number % 3].append(.sample(100 + number, events: [.sample(number)]))
            #expect(late.isDuplicate)
        }
        for node in nodes { await node.close() }
    }

    @Test func aServerKilledUnderLoadLosesNothingThatWasAnswered() async throws {
        let server = try await NATSServer()
        let journal = try await node(server)
        let kill = Task {
            await server.kill()
            try await server.start()
        }
        let stored = await withTaskGroup(of: Int?.self) { group in
            for number in 1...300 {
                group.addTask { (try? await journal.append(.sample(number))) == nil ? nil : number }
            }
            return await group.reduce(into: Set<Int>()) { if let number = $1 { $0.insert(number) } }
        }
        try await kill.value
        #expect(stored.count > 0)
        let newest = await journal.newest { $0 >= stored.count }
        let ids = Set(try await journal.entries(through: newest).map(\.event.id))
        for number in stored { #expect(ids.contains(FrozenEvent.sample(number).id), "\(number) was answered and lost") }
        #expect(try await journal.entries(through: newest).count == ids.count)
        await journal.close()
    }

    @Test func whatTheLogDoesNotAnswerInTimeIsNotPromised() async throws {
        let server = try await NATSServer()
        var settings = NATSJournal.Settings.alone(on: server)
        settings.appendWithinMs = 300
        let journal = try await NATSJournal.open(settings)
        await server.kill()
        await #expect(throws: JournalError.busy) { try await journal.append(.sample(1)) }
        #expect(journal.ailment == "out of reach")
        try await server.start()
        while (try? await journal.append(.sample(1))) == nil { try await Task.sleep(for: .milliseconds(20)) }
        #expect(journal.ailment == nil)
        await journal.close()
    }

    @Test func thatTheLogHasItAlreadyIsBelievedOnlyWhereItIsSeen() async throws {
        let server = try await NATSServer(NATSServer.withholdsMessages)
        var settings = NATSJournal.Settings.alone(on: server)
        settings.appendWithinMs = 300
        let journal = try await NATSJournal.open(settings)
        #expect(try await journal.append(.sample(1)).newEvents == 1)
        await #expect(throws: JournalError.busy) { try await journal.append(.sample(1)) }
        await journal.close()
    }

    // MARK: Turns

    @Test func aSinkIsServedByOneNodeAtATimeAndPassesOnWhenThatEnds() async throws {
        let server = try await NATSServer()
        let (one, other) = (try await node(server), try await node(server))
        _ = try await one.append(.sample(1))
        #expect(try await one.takeTurn(at: "crm") == Progress())
        #expect(one.isOurTurn(at: "crm") && !other.isOurTurn(at: "crm"))
        #expect(try await other.takeTurn(at: "crm") == nil)
        await #expect(throws: JournalError.superseded) { try await other.record(Steps(cursor: 1), for: "crm") }
        let retry = Steps.Postponed(sequence: 1, attempts: 1, firstTriedAt: .start, dueAt: .start, reason: "HTTP 503")
        try await one.record(Steps(cursor: 1, postponed: [retry], isServed: false), for: "crm")
        #expect(try await other.takeTurn(at: "crm") == Progress(cursor: 1))
        #expect(try await other.retries(of: "crm", after: 0, limit: 9).map(\.entry.event) == [.sample(1)])
        #expect(!one.isOurTurn(at: "crm"))
        await one.close()
        await other.close()
    }

    @Test func aNodeThatGivesNoSignOfLifeLosesItsTurnAndCanRecordNothingMore() async throws {
        let server = try await NATSServer()
        let (one, other) = (try await node(server, turnMs: 400), try await node(server, turnMs: 400))
        #expect(try await one.takeTurn(at: "crm") != nil)
        // It goes on for as long as it gives signs of life, which is longer than a turn.
        let deadline = ContinuousClock.now + .milliseconds(1_000)
        while ContinuousClock.now < deadline {
            #expect(try await other.takeTurn(at: "crm") == nil)
            try await Task.sleep(for: .milliseconds(50))
        }
        // As a process that was stopped: it holds its turn, and beats no more.
        one.beating.withLock { $0?.cancel() }
        var taken: Int64?
        while taken == nil {
            taken = try await other.takeTurn(at: "crm")?.cursor
            let isDoubled = taken != nil && one.isOurTurn(at: "crm")
            #expect(!isDoubled, "two nodes are certain of one turn")
            try await Task.sleep(for: .milliseconds(20))
        }
        try await other.record(Steps(cursor: 7), for: "crm")
        await #expect(throws: JournalError.superseded) { try await one.record(Steps(cursor: 3), for: "crm") }
        #expect(try await one.progress(of: "crm") == Progress(cursor: 7))
        await one.close()
        await other.close()
    }

    @Test func whatAnOperatorWantsReachesTheNodeThatServesTheSink() async throws {
        let server = try await NATSServer()
        let (one, other) = (try await node(server, turnMs: 400), try await node(server, turnMs: 400))
        for number in 1...3 { _ = try await one.append(.sample(number)) }
        #expect(try await one.takeTurn(at: "crm") != nil)
        let halt = Progress.Halt(reason: "HTTP 410", at: .start)
        let retry = Steps.Postponed(sequence: 3, attempts: 1, firstTriedAt: .start, dueAt: .start, reason: "HTTP 503")
        try await one.record(Steps(cursor: 3, postponed: [retry], turn: .halted(halt)), for: "crm")
        var heard = await one.words().makeAsyncIterator()

        try await other.instruct(Steps(at: .start, replayed: [1]), for: "crm")
        #expect(await heard.next() == SinkWord(.lookAgain, to: "crm"))
        #expect(try await one.replays(of: "crm", after: 0, limit: 9).map(\.entry.event) == [.sample(1)])
        try await other.instruct(Steps(turn: .resumed), for: "crm")
        #expect(await heard.next() == SinkWord(.resume, to: "crm"))
        #expect(try await one.progress(of: "crm").halt == nil)
        var mentions = Mentions()
        mentions.events = [3]
        #expect(try await other.erase(mentions).events == 1)
        #expect(await heard.next() == SinkWord(.forget([3]), to: "crm"))
        // What was on its way when it was erased leaves nothing behind either.
        try await one.record(Steps(postponed: [retry], isServed: false), for: "crm")
        #expect(try await other.takeTurn(at: "crm")?.cursor == 3)
        #expect(try await other.retries(of: "crm", after: 0, limit: 9).isEmpty)
        await one.close()
        await other.close()
    }

    @Test func whatIsWantedOrErasedWhileStepsAreRecordedIsNotForgotten() async throws {
        let server = try await NATSServer()
        let journal = try await node(server)
        let (first, later) = (Array(1...300 as ClosedRange<Int64>), Array(301...320 as ClosedRange<Int64>))
        for number in first + later + [321] { _ = try await journal.append(.sample(Int(number))) }
        #expect(try await journal.takeTurn(at: "crm") != nil)
        let retry = Steps.Postponed(sequence: 321, attempts: 1, firstTriedAt: .start, dueAt: .start, reason: "HTTP 503")
        try await journal.record(Steps(cursor: 321, postponed: [retry]), for: "crm")
        try await journal.instruct(Steps(at: .start, replayed: first), for: "crm")
        #expect(try await journal.replays(of: "crm", after: 0, limit: 999).map(\.entry.sequence) == first)
        try await journal.instruct(Steps(at: .start, replayed: later), for: "crm")

        // Each of the steps is a question to the log: it has answered the first, and hundreds are to come.
        let log = journal.log
        let rows = try await log.numbers(under: log.names.replays(of: "crm"))
        let settled = first.map { Steps.Settled(sequence: $0, attempts: 1, at: .start) }
        async let recording: Void = journal.record(Steps(settled: settled), for: "crm")
        while try await log.last(log.names.replay(1, of: "crm"), in: log.names.state) != nil {}
        await journal.turns.note(replays: rows, of: "crm")
        await journal.turns.drop([321], at: "crm")
        try await recording

        let wanted = try await journal.replays(of: "crm", after: 300, limit: 999)
        #expect(wanted.map(\.entry.sequence) == later)
        #expect(try await journal.retries(of: "crm", after: 0, limit: 9).isEmpty)
        let rest = later.map { Steps.Settled(sequence: $0, attempts: 1, at: .start) }
        try await journal.record(Steps(settled: rest), for: "crm")
        #expect(try await log.subjects(matching: log.names.replays(of: "crm")).isEmpty, "it would go out again")
        await journal.close()
    }

    // MARK: What the streams are set to

    /// A stream that is set as it must be.
    private static let stream: [Verbatim.Member] = [
        .init("name", .string("mogate")),
        .init("subjects", .array([.string("mogate.event.>"), .string("mogate.fault.>"), .string("mogate.request.>")])),
        .init("storage", .string("file")), .init("discard", .string("new")),
        .init("max_msgs_per_subject", .integer(1)), .init("discard_new_per_subject", .bool(true)),
    ]

    @Test func whatIsTooLongForTheLogIsToldFromWhatItCannotTakeNow() async throws {
        let server = try await NATSServer("max_payload: 40000")
        try await change("mogate", Self.stream + [.init("max_msg_size", .integer(20_000))], on: server)
        let journal = try await node(server)
        // The stream refuses the one, and the servers would not take the other from us.
        for bodyBytes in [30_000, 60_000] {
            await #expect {
                try await journal.append(.sample(1, body: [UInt8](repeating: 7, count: bodyBytes)))
            } throws: {
                if case .tooLong? = $0 as? JournalError { true } else { false }
            }
        }
        #expect(try await journal.append(.sample(1)).newEvents == 1)
        await journal.close()
    }

    @Test func streamsThatLoseOrRepeatEventsAreRefused() async throws {
        for (change, words) in [
            (Verbatim.Member("storage", .string("memory")), "is held in memory"),
            (Verbatim.Member("discard", .string("old")), "discard must be new"),
            (Verbatim.Member("max_msgs_per_subject", .integer(2)), "max_msgs_per_subject must be 1"),
            (Verbatim.Member("discard_new_per_subject", .bool(false)), "discard_new_per_subject must be true"),
        ] {
            let server = try await NATSServer()
            var members = Self.stream
            members.removeAll { $0.name == change.name }
            members.append(change)
            // A stream that discards what is old cannot refuse what is new.
            if change.name == "discard" { members.removeAll { $0.name == "discard_new_per_subject" } }
            try await self.change("mogate", members, on: server)
            await #expect {
                _ = try await self.node(server)
            } throws: {
                ($0 as? JournalError)?.description.contains(words) == true
            }
        }
    }

    @Test func tooFewReplicasAreRefusedOrTold() async throws {
        let server = try await NATSServer()
        // One server cannot hold three copies.
        let wanting = NATSJournal.Settings(servers: server.settings)
        await #expect(throws: JournalError.self) { _ = try await NATSJournal.open(wanting) }
        await (try await node(server)).close()
        let weaknesses = try await NATSJournal.weaknesses(of: .alone(on: server))
        #expect(weaknesses.contains { !$0.isFatal && $0.words.contains("is on 1 server") })
        #expect(!weaknesses.contains { $0.isFatal })
        let refused = try await NATSJournal.weaknesses(of: wanting)
        #expect(refused.contains { $0.isFatal })
    }

    @Test func whatIsNotAsItWasWrittenIsNeverHandedOn() async throws {
        let server = try await NATSServer()
        let journal = try await node(server)
        _ = try await journal.append(.sample(1))
        let client = NATSClient(server.settings)
        var bytes = LogMessage(receipt: .sample(2), part: .event(.sample(2)), isWhole: true).bytes
        bytes[bytes.count - 30] ^= 1
        for (number, body) in [Array("not ours".utf8), bytes].enumerated() {
            _ = try await client.publish(
                NATSMessage(subject: "mogate.event.strange\(number)", body: body), timeoutMs: 5_000)
        }
        await client.close()
        _ = try await journal.append(.sample(3))
        #expect(await journal.newest { $0 >= 4 } == 4)
        let batch = try await journal.read(after: 0, limit: 9, matching: EntryFilter())
        #expect(batch.entries.map(\.event) == [.sample(1), .sample(3)])
        #expect(batch.damaged == [2, 3] && batch.through == 4)
        await journal.close()
    }
}
