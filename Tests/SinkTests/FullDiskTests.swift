import Foundation
import Glibc
import Model
import Testing

@testable import Sinks

/// Goal: a disk that fills up in the middle of a line leaves whole lines behind, and nothing is lost when there is room
/// again.
///
/// Method: the system is told that files may be no longer than so much, which ends a write in its middle as a full disk
/// does, and needs no rights. That holds for the whole process: no other test here writes files as long.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct FullDiskTests {
    /// Case 129: ENOSPC in the middle of a line.
    @Test func leavesWholeLinesAndGoesOnWhenThereIsRoom() async throws {
        let scratch = try Scratch()
        let sink = try await scratch.open()
        let lineBytesAbout = 1 << 20
        let text = String(repeating: "a", count: lineBytesAbout)
        let first = (1...16).map { Sample.entry($0, text: text) }
        let second = (17...32).map { Sample.entry($0, text: text) }
        let recorded = await sink.deliver(first)
        #expect(recorded.outcomes == Array(repeating: .taken, count: 16))
        let refused = await Self.withFilesNoLonger(than: 24 << 20) { await sink.deliver(second) }
        let reason = "later: \(scratch.path): the file cannot be written: File too large (error 27)"
        #expect(refused.reasons == Array(repeating: reason, count: 16))
        #expect(refused.position == nil)
        #expect(try Self.sizeBytes(of: scratch.path) == Self.bytes(first))
        #expect(await sink.deliver(second).outcomes == Array(repeating: .taken, count: 16))
        await sink.close()
        #expect(try Self.sizeBytes(of: scratch.path) == Self.bytes(first + second))
    }

    private static func bytes(_ entries: [Entry]) -> Int {
        entries.reduce(0) { $0 + $1.json.count + 1 }
    }

    private static func sizeBytes(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    }

    private static func withFilesNoLonger(than bytes: UInt, _ body: () async -> Delivered) async -> Delivered {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let before = limit
        limit.rlim_cur = bytes
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let delivered = await body()
        var restored = before
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &restored)
        return delivered
    }
}
