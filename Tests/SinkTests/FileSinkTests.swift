import Foundation
import Glibc
import Model
import Testing
import Threads

@testable import Sinks

/// Goal: a file holds each event once, whenever the process ended and whatever was left behind.
///
/// Method: an end of the process is played by letting a sink go without recording what it answered, and opening another
/// with an older position.
@Suite(.timeLimit(.minutes(1)))
struct FileSinkTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test func writesOneLineForEachEvent() async throws {
        let sink = try await scratch.open()
        let first = await sink.deliver(Sample.entries(1...3))
        let second = await sink.deliver(Sample.entries(4...4))
        await sink.close()
        #expect(first.outcomes == [.taken, .taken, .taken])
        #expect(second.outcomes == [.taken])
        #expect(first.position != nil && second.position != nil && first.position != second.position)
        #expect(try scratch.content() == Sample.lines(1...4))
    }

    @Test func takesAnEmptyBatch() async throws {
        let sink = try await scratch.open()
        #expect(await sink.deliver([]) == Delivered(outcomes: []))
        await sink.close()
    }

    @Test func isGivenNothingOnceItIsClosed() async throws {
        let sink = try await scratch.open()
        await sink.close()
        #expect(await sink.deliver(Sample.entries(1...1)).reasons == ["later: the sink is closed"])
    }

    @Test func writesBatchesLongerThanOneWrite() async throws {
        let sink = try await scratch.open()
        let text = String(repeating: "a", count: 1_000_000)
        let entries = (1...9).map { Sample.entry($0, text: text) }
        let delivered = await sink.deliver(entries)
        await sink.close()
        let expected = entries.map { String(decoding: $0.json, as: UTF8.self) + "\n" }.joined()
        #expect(try scratch.content() == expected)
        let again = try await scratch.open(at: #require(delivered.positionOfAllTaken))
        await again.close()
        #expect(try scratch.content() == expected)
    }

    @Test func keepsTheFileToItsOwner() async throws {
        let path = scratch.folder + "/made/events.ndjson"
        let sink = try await scratch.open(path: path)
        await sink.close()
        #expect(try scratch.mode(of: path) == 0o600)
        #expect(try scratch.mode(of: scratch.folder + "/made") == 0o750)
    }

    @Test func goesOnWhereItWas() async throws {
        let sink = try await scratch.open()
        let delivered = await sink.deliver(Sample.entries(1...2))
        await sink.close()
        let again = try await scratch.open(at: #require(delivered.position))
        #expect(await again.deliver(Sample.entries(3...4)).outcomes == [.taken, .taken])
        await again.close()
        #expect(try scratch.content() == Sample.lines(1...4))
    }

    @Test func cutsWhatWasNotRecorded() async throws {
        let sink = try await scratch.open()
        let recorded = try #require(await sink.deliver(Sample.entries(1...2)).position)
        _ = await sink.deliver(Sample.entries(3...9))
        await sink.close()
        let again = try await scratch.open(at: recorded)
        #expect(try scratch.content() == Sample.lines(1...2))
        _ = await again.deliver(Sample.entries(3...4))
        await again.close()
        #expect(try scratch.content() == Sample.lines(1...4))
    }

    /// Case 129: an end in the middle of a line.
    @Test func cutsHalfALine() async throws {
        let sink = try await scratch.open()
        let recorded = try #require(await sink.deliver(Sample.entries(1...2)).position)
        await sink.close()
        try scratch.append(String(Sample.lines(3...3).prefix(100)))
        let again = try await scratch.open(at: recorded)
        await again.close()
        #expect(try scratch.content() == Sample.lines(1...2))
    }

    @Test func cutsBytesThatAppearWhileItIsOpen() async throws {
        let sink = try await scratch.open()
        _ = await sink.deliver(Sample.entries(1...2))
        let file = try #require(FileHandle(forWritingAtPath: scratch.path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("half a li".utf8))
        try file.close()
        #expect(await sink.deliver(Sample.entries(3...3)).outcomes == [.taken])
        await sink.close()
        #expect(try scratch.content() == Sample.lines(1...3))
    }

    // MARK: Files that are not as they were left

    @Test func refusesAShorterFile() async throws {
        let position = try await written()
        try scratch.write(String(Sample.lines(1...2).dropLast()))
        await expectLoss(at: position, "has ")
    }

    @Test func refusesAMissingFile() async throws {
        let position = try await written()
        try FileManager.default.removeItem(atPath: scratch.path)
        await expectLoss(at: position, "is missing")
        #expect(try scratch.names.isEmpty)
    }

    @Test func refusesAnotherFile() async throws {
        let position = try await written()
        let other = Sample.lines(5...9)
        try scratch.write(other)
        await expectLoss(at: position, "holds something else")
        #expect(try scratch.content() == other)
    }

    @Test(arguments: ["v1", "v2 1 2026-11-24T10:30:00.000000Z 00", "v1 -1 2026-11-24T10:30:00.000000Z 00", "\0", "{}"])
    func refusesAPositionThatItDidNotWrite(_ position: String) async throws {
        await expectLoss(at: Array(position.utf8), "cannot be read")
        #expect(try scratch.names.isEmpty)
    }

    @Test func knowsItsFileWhereverItWasCopied() async throws {
        let position = try await written()
        let content = try scratch.content()
        try FileManager.default.removeItem(atPath: scratch.path)
        try scratch.write(content)
        let sink = try await scratch.open(at: position)
        _ = await sink.deliver(Sample.entries(3...3))
        await sink.close()
        #expect(try scratch.content() == Sample.lines(1...3))
    }

    @Test func putsAsideWhatWasThereBeforeIt() async throws {
        try scratch.write("someone's\n")
        let sink = try await scratch.open()
        _ = await sink.deliver(Sample.entries(1...1))
        await sink.close()
        #expect(try scratch.names == ["events-20261124T103000.000000Z.ndjson.unclaimed", "events.ndjson"])
        #expect(try scratch.content("events-20261124T103000.000000Z.ndjson.unclaimed") == "someone's\n")
        #expect(try scratch.content() == Sample.lines(1...1))
    }

    @Test(arguments: [true, false])
    func writesNothingIntoAFileThatWasTakenAway(_ isRenamed: Bool) async throws {
        let sink = try await scratch.open()
        _ = await sink.deliver(Sample.entries(1...1))
        if isRenamed {
            try scratch.rename("events.ndjson", to: "other")
        } else {
            try FileManager.default.removeItem(atPath: scratch.path)
        }
        let delivered = await sink.deliver(Sample.entries(2...3))
        await sink.close()
        let reason = "later: \(scratch.path) was renamed or deleted by someone else"
        #expect(delivered.reasons == [reason, reason])
        #expect(delivered.position == nil)
        if isRenamed { #expect(try scratch.content("other") == Sample.lines(1...1)) }
    }

    @Test func writesNothingIntoAFileThatWasCut() async throws {
        let sink = try await scratch.open()
        _ = await sink.deliver(Sample.entries(1...1))
        #expect(truncate(scratch.path, 10) == 0)
        let delivered = await sink.deliver(Sample.entries(2...2))
        await sink.close()
        #expect(delivered.reasons == ["later: \(scratch.path) was cut by someone else"])
        #expect(try scratch.content().count == 10)
    }

    /// A disk that hangs holds up nobody else.
    @Test func isOpenedOnAThreadOfItsOwn() async throws {
        let thread = Lock("")
        let sink = try await FileSink.open(FileSink.Settings(path: scratch.path), position: []) {
            let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            thread.withLock { $0 = name ?? "" }
            return Sample.receivedAt
        }
        await sink.close()
        #expect(thread.withLock { $0 } == "file sink\n")
    }

    // MARK: Places that are no place

    /// Case 129: a link, a folder, a pipe.
    @Test func refusesWhatIsNotAPlainFile() async throws {
        #expect(mkfifo(scratch.folder + "/pipe", 0o600) == 0)
        #expect(symlink(scratch.folder + "/elsewhere", scratch.folder + "/link") == 0)
        #expect(mkdir(scratch.folder + "/folder", 0o700) == 0)
        await #expect(throws: SinkError.unusable("\(scratch.folder)/pipe is not a plain file")) {
            try await scratch.open(path: scratch.folder + "/pipe")
        }
        await #expect(throws: SinkError.unusable("\(scratch.folder)/link is a link, which is not followed")) {
            try await scratch.open(path: scratch.folder + "/link")
        }
        let notOpened = SinkError.unusable("\(scratch.folder)/folder cannot be opened: Is a directory (error 21)")
        await #expect(throws: notOpened) {
            try await scratch.open(path: scratch.folder + "/folder")
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.folder + "/elsewhere"))
    }

    @Test(arguments: ["", "/", "out/", ".", "out/..", "a\0b"])
    func refusesAPathWithoutAName(_ path: String) async {
        await #expect(throws: SinkError.badSetting("\(path) names no file")) { try await scratch.open(path: path) }
    }

    @Test func refusesASecondSinkOnAFile() async throws {
        let sink = try await scratch.open()
        let inUse = SinkError.inUse("\(scratch.path) is written to by another sink")
        await #expect(throws: inUse) { try await scratch.open() }
        let position = try #require(await sink.deliver(Sample.entries(1...1)).position)
        await #expect(throws: inUse) { try await scratch.open(at: position) }
        await sink.close()
        let next = try await scratch.open(at: position)
        await next.close()
        #expect(try scratch.content() == Sample.lines(1...1))
    }

    // MARK: -

    /// Two lines, and their position.
    private func written() async throws -> [UInt8] {
        let sink = try await scratch.open()
        let delivered = await sink.deliver(Sample.entries(1...2))
        await sink.close()
        return try #require(delivered.position)
    }

    private func expectLoss(at position: [UInt8], _ words: String) async {
        await #expect(
            performing: { try await scratch.open(at: position) },
            throws: { error in
                guard case .positionLost(let why)? = error as? SinkError else { return false }
                return why.contains(words) && why.contains(scratch.path)
            })
    }
}
