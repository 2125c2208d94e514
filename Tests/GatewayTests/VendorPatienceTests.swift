import FolderKit
import Foundation
import Front
import Journal
import Logging
import Model
import Providers
import Testing
import Threads

@testable import Gateway
@testable import mogate

/// Goal: a vendor that waits for five seconds and no longer hears in time that it is to come again, however long the disk
/// takes, and what it sends again is one event.
///
/// Method: the way of a request and the heartbeat over a real journal, which another program holds; time is handed in.
@Suite(.timeLimit(.minutes(1)))
struct VendorPatienceTests {
    /// So many seconds Telesign waits, which is the least that any vendor tells of.
    private static let patienceMs = Int64(Telesign.retryPolicy.answerSeconds ?? 0) * 1_000

    /// A clock that goes on by as much as somebody sleeps, when it is let.
    private final class Clock: Sendable {
        let nowMs = Lock<Int64>(1_000_000_000)
        private let bedroom = Lock(Bedroom())

        private struct Bedroom {
            var sleepers: [(dueMs: Int64, wake: CheckedContinuation<Void, Never>)] = []
            /// Nobody sleeps any more.
            var isOver = false
        }

        var time: Time {
            Time(
                now: { Instant(microseconds: self.nowMs.withLock { $0 } * 1_000) },
                sleep: { milliseconds in
                    let dueMs = self.nowMs.withLock { $0 } + milliseconds
                    await withCheckedContinuation { wake in
                        let isOver = self.bedroom.withLock { room in
                            if !room.isOver { room.sleepers.append((dueMs, wake)) }
                            return room.isOver
                        }
                        if isOver { wake.resume() }
                    }
                },
                chance: { 0 })
        }

        /// Lets time go on to the moment at which the next one wakes, once so many sleep.
        func goOn(with count: Int) async {
            while bedroom.withLock({ $0.sleepers.count }) < count { await Task.yield() }
            let next = bedroom.withLock { room in
                let first = room.sleepers.indices.min { room.sleepers[$0].dueMs < room.sleepers[$1].dueMs }
                return first.map { room.sleepers.remove(at: $0) }
            }
            guard let next else { return }
            nowMs.withLock { $0 = next.dueMs }
            next.wake.resume()
        }

        /// Nobody sleeps any more.
        func end() {
            let sleepers = bedroom.withLock { room in
                room.isOver = true
                return room.sleepers
            }
            for sleeper in sleepers { sleeper.wake.resume() }
        }
    }

    /// Another program that holds a journal's file, as a disk does that hangs.
    private final class Holder {
        private let process: Process
        private let input = Pipe()

        init(_ path: String) async throws {
            process = Process()
            process.executableURL = URL(filePath: "/usr/bin/sqlite3")
            process.arguments = [path]
            process.standardInput = input
            let output = Pipe()
            process.standardOutput = output
            let lines = LineReader(output.fileHandleForReading)
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data("BEGIN IMMEDIATE;\nSELECT 'held';\n".utf8))
            #expect(try await lines.line(0) == "held")
        }

        func letGo() throws {
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
    }

    @Test func aVendorHearsInTimeOfADiskThatHangs() async throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        var settings = SQLiteJournal.Settings()
        settings.reserveBytes = 1 << 20
        // Longer than the test may last: what ends the wait is the heartbeat.
        settings.patienceMs = 600_000
        let path = folder.path("mogate.db")
        let journal = try SQLiteJournal.open(at: path, settings: settings, now: clock.time.now)
        let configuration = try SettingsText.read(
            """
            listen: [{address: "127.0.0.1:8080"}]
            journal: {path: "\(path)"}
            sources:
            \(RunningMogate.sources)
            """, RunningMogate.secrets)
        let metrics = Metrics()
        let report = Reporter(logger: Logger(label: "test"), metrics: metrics, now: clock.time.now)
        let intake = Intake(
            routes: Lock(Routes(configuration.sources, proxies: configuration.proxies, metrics: metrics)),
            throttle: Throttle(strangers: configuration.limits.strangers), journal: journal, now: clock.time.now,
            report: report, accessLog: nil)
        @Sendable func post() async throws -> Reply {
            let callback = Callback.telesign("R1")
            let webhook = Webhook(
                method: "POST", path: "/in/telesign", query: nil, headers: Headers(callback.headers),
                body: Array(callback.body), peer: "127.0.0.1", receivedAt: clock.time.now())
            switch intake.admit(webhook) {
            case .admitted(let pass): return await pass.replies(to: [webhook])[0]
            case .refused(let reply): return reply
            }
        }

        let holder = try await Holder(path)
        let heartbeat = Task { await Heartbeat(journal: journal, time: clock.time, report: report).run() }
        let startMs = clock.nowMs.withLock { $0 }
        let answer = Lock<Reply?>(nil)
        let request = Task {
            let reply = try await post()
            answer.withLock { $0 = reply }
        }
        while journal.figures.waitingReceipts < 1 { await Task.yield() }
        // There is as long again for the way there and back. Then time stands still: what is not answered by now is too late.
        while clock.nowMs.withLock({ $0 }) - startMs < Self.patienceMs / 2 { await clock.goOn(with: 2) }
        try await RunningMogate.eventually { answer.withLock { $0 } != nil }
        try await request.value
        let reply = try #require(answer.withLock { $0 })
        #expect(reply.status == 503 && reply.headers.contains { $0.name == "Retry-After" })

        try holder.letGo()
        while journal.figures.waitingReceipts > 0 { await Task.yield() }
        // The vendor comes again: what it was answered 503 for is there by now, or comes to be there now, and is one event.
        for _ in 1...2 { #expect(try await post().status == 200) }
        #expect(try await journal.read(after: 0, limit: 10, matching: EntryFilter()).entries.count == 1)
        heartbeat.cancel()
        clock.end()
        await heartbeat.value
        await journal.close()
    }

    /// A log is waited for as long as is configured, and twice in vain is no longer.
    @Test func aLogIsNotWaitedForLonger() throws {
        let journal = try SettingsText.read(
            """
            listen: [{address: "127.0.0.1:8080"}]
            journal: {kind: nats, servers: ["nats://127.0.0.1:4222"]}
            sources: [{name: lab, provider: telesign, auth: none}]
            """
        ).journal
        #expect(Int64(try #require(journal.log).appendWithinMs) < Self.patienceMs)
    }
}
