import FolderKit
import Foundation
import Model
import Testing

@testable import Journal

/// Goal: a full disk is neither lied about nor for ever: what is not taken is told so, sinks and pruning go on, and so does
/// all when there is room again.
///
/// Method: a small disk that is really full, which only root can have.
@Suite(.enabled(if: geteuid() == 0))
struct FullDiskTests {
    private let folder: Folder
    private let disk: SmallDisk
    private let large = [UInt8](repeating: 7, count: 20_000)

    init() throws {
        folder = try Folder()
        disk = try SmallDisk(in: folder, mebibytes: 6)
    }

    private func open(reserveBytes: Int64) throws -> SQLiteJournal {
        try SQLiteJournal.open(
            at: disk.path + "/mogate.db",
            settings: .with {
                $0.reserveBytes = reserveBytes
                $0.logBytesGoal = 64 << 10
                $0.freeBytesKept = 0
            }, now: tickingClock())
    }

    @Test func goesOnOnceItHasRoomAgain() async throws {
        let journal = try open(reserveBytes: 0)
        try disk.fill(leaving: 2 << 20)
        var taken = 0
        await #expect(throws: JournalError.full) {
            while taken < 1_000 {
                _ = try await journal.append(.sample(taken, body: large))
                taken += 1
            }
        }
        // A second one is turned away as well: it is tried, and not taken for done. It is larger than all the room that
        // there was, since the log may be copied by now, and then begins anew with as much room as it had.
        let tooLarge = [UInt8](repeating: 7, count: 3 << 20)
        await #expect(throws: JournalError.full) { try await journal.append(.sample(2_000, body: tooLarge)) }
        #expect(journal.failure == nil)
        #expect(try await journal.all().count == taken)

        try disk.free()
        #expect(try await journal.append(.sample(3_000)).newEvents == 1)
        #expect(try await journal.all().map(\.sequence) == (1...Int64(taken + 1)).map { $0 })
        await journal.close()
    }

    @Test func sinksAndPruningGoOn() async throws {
        let journal = try open(reserveBytes: 2 << 20)
        for number in 1...20 { _ = try await journal.append(.sample(number, body: large)) }
        // Nothing is being copied that would take up room meanwhile.
        await journal.tidy()
        try disk.fill()
        #expect(DiskSpace.freeBytes(at: disk.path) == 0)
        await #expect(throws: JournalError.full) { try await journal.append(.sample(21)) }
        for cursor in 1...20 { try await journal.record(Steps(cursor: Int64(cursor)), for: "crm") }
        let pruned = try await journal.prune(Retention(before: Instant(microseconds: .max), sinks: ["crm"]))
        #expect(pruned.events == 20)

        try disk.free()
        #expect(try await journal.append(.sample(21)).newEvents == 1)
        #expect(FileManager.default.fileExists(atPath: disk.path + "/mogate.db-ballast"))
        #expect(journal.failure == nil)
        await journal.close()
    }
}
