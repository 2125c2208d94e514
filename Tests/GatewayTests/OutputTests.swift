import FolderKit
import Foundation
import Testing

/// Goal: a command whose output cannot be written ends as other commands do, and says why where somebody may want to know.
@Suite(.timeLimit(.minutes(1)))
struct OutputTests {
    private static let full = "/dev/full"

    @Test func aFullDiskIsTold() throws {
        let full = try #require(FileHandle(forWritingAtPath: Self.full))
        let command = try MogateCommand(["schema"], standardOutput: full)
        #expect(command.status == 74 && !command.isKilled)
        #expect(command.complaints == "the output cannot be written: No space left on device (error 28)\n")
    }

    /// Where there is nobody to complain to, nothing is made of that.
    @Test func complaintsThatCannotBeWrittenAreLetGo() throws {
        let command = try MogateCommand(
            ["serve", "--config", "/nowhere"], runner: ["sh", "-c", "exec \"$@\" 2>\(Self.full)", "sh"])
        #expect(command.status == 66 && !command.isKilled)
    }

    /// As with `mogate events | head`, whatever whoever started it has done to the signal.
    @Test(arguments: ["--default-signal=PIPE", "--ignore-signal=PIPE"])
    func aReaderThatIsGoneEndsItWithoutAWord(_ option: String) throws {
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let command = try MogateCommand(["schema"], runner: [option], standardOutput: pipe.fileHandleForWriting)
        #expect(command.status == SIGPIPE && command.isKilled)
        #expect(command.complaints == "")
    }
}
