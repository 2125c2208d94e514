import Foundation
import Model
import Testing

@testable import Sinks

/// Goal: files are put aside when they should be, and no end of the process at any step of that loses or repeats a line.
@Suite(.timeLimit(.minutes(1)))
struct FileRotationTests {
    let scratch: Scratch
    private let lineBytes = Int64(Sample.lines(1...1).utf8.count)
    private let firstArchive = "events-20261124T103000.000000Z.ndjson"

    init() throws {
        scratch = try Scratch()
    }

    @Test func neverGrowsAFilePastItsBytes() async throws {
        let sink = try await scratch.open(rotateBytes: lineBytes * 5)
        _ = await sink.deliver(Sample.entries(1...3))
        _ = await sink.deliver(Sample.entries(4...5))
        #expect(try scratch.names == ["events.ndjson"])
        scratch.advance(byMs: 1_500)
        _ = await sink.deliver(Sample.entries(6...6))
        _ = await sink.deliver(Sample.entries(7...12))
        await sink.close()
        #expect(
            try scratch.names == [firstArchive, "events-20261124T103001.500000Z.ndjson", "events.ndjson"])
        #expect(try scratch.content(firstArchive) == Sample.lines(1...5))
        #expect(try scratch.content("events-20261124T103001.500000Z.ndjson") == Sample.lines(6...6))
        #expect(try scratch.content() == Sample.lines(7...12))
    }

    @Test func takesNoMoreIntoAnOldFile() async throws {
        let sink = try await scratch.open(rotateMs: 60_000)
        _ = await sink.deliver(Sample.entries(1...1))
        scratch.advance(byMs: 59_999)
        _ = await sink.deliver(Sample.entries(2...2))
        scratch.advance(byMs: 1)
        let position = try #require(await sink.deliver(Sample.entries(3...3)).position)
        await sink.close()
        #expect(try scratch.content(firstArchive) == Sample.lines(1...2))
        // Its age is counted from its start, also by the sink that is opened next.
        scratch.advance(byMs: 30_000)
        let next = try await scratch.open(at: position, rotateMs: 60_000)
        _ = await next.deliver(Sample.entries(4...4))
        scratch.advance(byMs: 30_000)
        _ = await next.deliver(Sample.entries(5...5))
        await next.close()
        #expect(try scratch.content("events-20261124T103100.000000Z.ndjson") == Sample.lines(3...4))
        #expect(try scratch.content() == Sample.lines(5...5))
    }

    @Test func putsNoEmptyFileAside() async throws {
        let sink = try await scratch.open(rotateBytes: 1, rotateMs: 1)
        scratch.advance(byMs: 10_000)
        _ = await sink.deliver(Sample.entries(1...1))
        await sink.close()
        #expect(try scratch.names == ["events.ndjson"])
    }

    @Test func overwritesNothing() async throws {
        try scratch.write("precious", to: firstArchive)
        try scratch.write("precious too", to: "events-20261124T103000.000000Z-1.ndjson")
        let sink = try await scratch.open(rotateBytes: 1)
        let before = try #require(await sink.deliver(Sample.entries(1...1)).position)
        _ = await sink.deliver(Sample.entries(2...2))
        await sink.close()
        #expect(try scratch.content(firstArchive) == "precious")
        #expect(try scratch.content("events-20261124T103000.000000Z-1.ndjson") == "precious too")
        #expect(try scratch.content("events-20261124T103000.000000Z-2.ndjson") == Sample.lines(1...1))
        // It is found among them again.
        let again = try await scratch.open(at: before, rotateBytes: 1)
        _ = await again.deliver(Sample.entries(2...2))
        await again.close()
        #expect(try scratch.content() == Sample.lines(2...2))
    }

    @Test func namesFilesApartWhenTheClockStandsStillOrGoesBack() async throws {
        let sink = try await scratch.open(rotateBytes: 1)
        for number in 1...3 {
            _ = await sink.deliver(Sample.entries(number...number))
            scratch.advance(byMs: -1_000)
        }
        await sink.close()
        #expect(try scratch.names == [firstArchive, "events-20261124T103000.000001Z.ndjson", "events.ndjson"])
    }

    // MARK: Ends of the process

    /// What is in the folder at each step of putting a file aside, with the last position that was recorded before.
    @Test(arguments: [nil, "", Sample.lines(3...3), String(Sample.lines(3...4).dropLast(20))])
    func recognisesAFileThatWasPutAside(active: String?) async throws {
        let sink = try await scratch.open(rotateBytes: lineBytes * 2)
        let recorded = try #require(await sink.deliver(Sample.entries(1...2)).position)
        await sink.close()
        try scratch.rename("events.ndjson", to: firstArchive)
        if let active { try scratch.write(active) }
        let next = try await scratch.open(at: recorded, rotateBytes: lineBytes * 2)
        _ = await next.deliver(Sample.entries(3...4))
        await next.close()
        #expect(try scratch.names == [firstArchive, "events.ndjson"])
        #expect(try scratch.content(firstArchive) == Sample.lines(1...2))
        #expect(try scratch.content() == Sample.lines(3...4))
    }

    @Test func takesNoOtherFileForTheOnePutAside() async throws {
        let sink = try await scratch.open(rotateBytes: lineBytes * 2)
        let old = try #require(await sink.deliver(Sample.entries(1...1)).position)
        _ = await sink.deliver(Sample.entries(2...2))
        _ = await sink.deliver(Sample.entries(3...3))
        await sink.close()
        // The file was put aside with more in it than this position tells: the position is from a copy of the journal.
        await #expect(throws: SinkError.self) { try await scratch.open(at: old, rotateBytes: lineBytes * 2) }
        #expect(try scratch.content(firstArchive) == Sample.lines(1...2))
        #expect(try scratch.content() == Sample.lines(3...3))
    }

    /// Batches of any size, and after any of them an end of the process, before or after its position was recorded.
    @Test(arguments: 0..<20)
    func holdsEachEventOnceInOrder(seed: UInt64) async throws {
        var chance = Chance(seed: seed)
        let rotateBytes = lineBytes * Int64.random(in: 1...12, using: &chance)
        var recorded: [UInt8] = []
        var cursor = 0
        var sink = try await scratch.open(rotateBytes: rotateBytes, rotateMs: 50)
        while cursor < 120 {
            let through = min(120, cursor + Int.random(in: 1...9, using: &chance))
            scratch.advance(byMs: Int64.random(in: 0...20, using: &chance))
            let delivered = await sink.deliver(Sample.entries((cursor + 1)...through))
            let position = try #require(delivered.positionOfAllTaken)
            let isRecorded = recorded.isEmpty || Bool.random(using: &chance)
            if isRecorded {
                recorded = position
                cursor = through
            }
            if !isRecorded || Int.random(in: 0..<4, using: &chance) == 0 {
                await sink.close()
                if Bool.random(using: &chance) { try scratch.append(#"{"specver"#) }
                sink = try await scratch.open(at: recorded, rotateBytes: rotateBytes, rotateMs: 50)
            }
        }
        await sink.close()
        let names = try scratch.names
        #expect(try names.map { try scratch.content($0) }.joined() == Sample.lines(1...120))
        #expect(names.count > 3)
    }
}

/// Chance that is the same each time.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
