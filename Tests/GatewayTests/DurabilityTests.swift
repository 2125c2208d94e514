import FolderKit
import Foundation
import Journal
import Model
import Testing

/// Goal: what was answered 200 is on the disk and in the file, once, whatever happens to the process or the disk.
@Suite(.timeLimit(.minutes(4)))
struct DurabilityTests {
    private static let sinks = #"  - {name: archive, kind: file, path: "$DIR/events.ndjson"}"#

    /// Posts callbacks from several connections until the process is gone; tells which ids were answered 200.
    private static func load(_ mogate: RunningMogate, round: Int, until isOver: @escaping @Sendable () -> Bool) async
        -> Set<String>
    {
        await withTaskGroup(of: Set<String>.self) { group in
            for client in 0..<8 {
                group.addTask {
                    var acknowledged: Set<String> = []
                    for number in 0..<100_000 where !isOver() {
                        let id = "R\(round)-\(client)-\(number)"
                        let callback = Callback.telesign(id)
                        guard
                            let answer = try? await mogate.send(
                                "POST", "/in/telesign", headers: callback.headers, body: callback.body)
                        else { return acknowledged }
                        if answer.status == 200 { acknowledged.insert(id) }
                    }
                    return acknowledged
                }
            }
            return await group.reduce(into: []) { $0.formUnion($1) }
        }
    }

    /// The vendor's ids in the file's lines, in their order.
    private static func idsInTheFile(of mogate: RunningMogate) throws -> [String] {
        try mogate.lines(of: "events.ndjson").map { line in
            let event = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            let data = try #require(event["data"] as? [String: Any])
            return try #require(data["providerMessageId"] as? String)
        }
    }

    @Test func killedUnderLoadItLosesNothingAndRepeatsNothing() async throws {
        let folder = try TemporaryFolder()
        var acknowledged: Set<String> = []
        for round in 0..<5 {
            let mogate = try await RunningMogate(in: folder, sinks: Self.sinks)
            async let ids = Self.load(mogate, round: round) { !mogate.isRunning }
            // So much, and then the end comes wherever it finds the process.
            try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count > acknowledged.count + 150 }
            mogate.killAtOnce()
            acknowledged.formUnion(await ids)
        }
        #expect(acknowledged.count > 500)
        let mogate = try await RunningMogate(in: folder, sinks: Self.sinks)
        let browser = try SQLiteBrowser(path: folder.path("mogate.db"))
        let stored = try await browser.counts().events
        await browser.close()
        try await RunningMogate.eventually { mogate.lines(of: "events.ndjson").count >= Int(stored) }
        #expect(mogate.stop() == 0)
        let written = try Self.idsInTheFile(of: mogate)
        #expect(Set(written).count == written.count, "an event is in the file twice")
        #expect(acknowledged.isSubset(of: written), "an acknowledged event is missing")
        #expect(written.count == Int(stored))
    }

    @Test func aFullDiskIsAnswered503AndAllGoesOnWhenThereIsRoomAgain() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(in: folder, mebibytes: 12, .ext4)
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.sinks, journal: disk.path + "/mogate.db", reserve: "4MiB")
        try disk.fill(leaving: 2 << 20)
        let callback = Callback.telesign("R1")
        // The journal looks at the disk once a second at most.
        try await RunningMogate.eventually {
            let probe = Callback.telesign("P\(UInt64.random(in: 0 ... .max))")
            return try await mogate.send("POST", "/in/telesign", headers: probe.headers, body: probe.body).status == 503
        }
        let refused = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(refused.status == 503)
        #expect(refused.headers["retry-after"] == "5")
        let before = try await mogate.send("GET", "/metrics", toAdmin: true)
        #expect(before.body.contains(#"outcome="unavailable""#))

        try disk.free()
        try await RunningMogate.eventually {
            try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body).status == 200
        }
        try await RunningMogate.eventually { try Self.idsInTheFile(of: mogate).contains("R1") }
        #expect(mogate.stop() == 0)
        #expect(try Self.idsInTheFile(of: mogate).count { $0 == "R1" } == 1)
    }

    @Test func aLogThatCannotBeWrittenStopsNothing() async throws {
        let mogate = try await RunningMogate(in: TemporaryFolder(), sinks: Self.sinks)
        try await mogate.stopReadingTheLog()
        // More than the pipe takes: the first of each second are worth a line.
        for _ in 0..<200 { #expect(try await mogate.send("POST", "/in/telesign", body: Data()).status == 401) }
        let callback = Callback.telesign("R1")
        let answer = try await mogate.send("POST", "/in/telesign", headers: callback.headers, body: callback.body)
        #expect(answer.status == 200)
        mogate.closeTheLog()
        let second = Callback.telesign("R2")
        #expect(
            try await mogate.send("POST", "/in/telesign", headers: second.headers, body: second.body).status == 200)
        try await RunningMogate.eventually {
            let metrics = try await mogate.send("GET", "/metrics", toAdmin: true).body
            return metrics.contains(#/\nmogate_log_lines_dropped_total [1-9]/#)
        }
        #expect(mogate.stop() == 0)
    }

    @Test func aDiskThatFailsEndsTheProcessWithoutAFurther200() async throws {
        let folder = try TemporaryFolder()
        let mogate = try await RunningMogate(
            in: folder, sinks: Self.sinks,
            tracer: [
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                "inject=fdatasync:error=EIO:when=40+",
            ])
        let acknowledged = await Self.load(mogate, round: 0) { !mogate.isRunning }
        #expect(mogate.exitCode() != 0)
        #expect(mogate.logText.contains("the journal is not to be trusted any more"))

        let again = try await RunningMogate(in: folder, sinks: Self.sinks)
        try await RunningMogate.eventually {
            let written = try Self.idsInTheFile(of: again)
            return acknowledged.isSubset(of: written)
        }
        #expect(again.stop() == 0)
    }
}
