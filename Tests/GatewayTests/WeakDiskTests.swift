import FolderKit
import Foundation
import Journal
import Testing

@testable import Gateway

/// Goal: a disk that does not keep what it is told to is told of before anybody relies on it, or is refused (case 113).
@Suite(.timeLimit(.minutes(1)))
struct WeakDiskTests {
    @Test(.enabled(if: geteuid() == 0))
    func aJournalInMemoryIsToldLoudly() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(in: folder, mebibytes: 8)
        let mogate = try await RunningMogate(in: folder, sinks: "  []", journal: disk.path + "/mogate.db")
        let line = try await mogate.logLine { $0["journal"] == "in memory" }
        #expect(line["level"] == "critical")
        #expect(mogate.stop() == 0)
    }

    /// NFS, CIFS, SMB, Ceph and 9P.
    @Test(arguments: [0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x517B, 0x00C3_6400, 0x0102_1997] as [UInt32])
    func aNetworksFileSystemIsRefused(_ number: UInt32) throws {
        let weakness = try #require(JournalDisk.Weakness(fileSystem: number))
        #expect(throws: JournalError.self) { try Gateway.bearable(weakness, of: "/mnt/mogate.db") }
    }

    /// ext4, XFS, Btrfs and ZFS.
    @Test(arguments: [0xEF53, 0x5846_5342, 0x9123_683E, 0x2FC1_2FC1] as [UInt32])
    func nothingSpeaksAgainstADisk(_ number: UInt32) throws {
        #expect(JournalDisk.Weakness(fileSystem: number) == nil)
        #expect(try Gateway.bearable(nil, of: "/var/lib/mogate/mogate.db") == nil)
    }
}
