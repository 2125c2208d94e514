import Foundation
import Model

/// What something takes that is done many times a round: of the clock on the wall, and of the processor.
///
/// The processor's time is that of the whole process. It is the one to compare by on a machine that does other things.
struct BenchPart {
    let name: String
    private(set) var wall = BenchTimes()
    private(set) var processor = BenchTimes()

    init(name: String) {
        self.name = name
    }

    /// Runs a round, in which it is done so many times. A warm-up is not counted.
    mutating func round(
        _ count: Int, isWarmUp: Bool, _ work: nonisolated(nonsending) () async throws -> Void
    ) async throws {
        let before = (wall: ContinuousClock.now, processor: clock())
        try await work()
        let ticks = Double(clock() - before.processor)
        guard !isWarmUp else { return }
        wall.note(ContinuousClock.now - before.wall, times: count)
        processor.note(.seconds(ticks / Double(CLOCKS_PER_SEC)), times: count)
    }

    static let heading = Table("", "µs each", "lowest", "highest", "µs of CPU", "lowest", "highest")

    var row: [String] {
        [name] + [wall, processor].flatMap { [$0.median, $0.lowest, $0.highest] }.map(BenchFigures.text)
    }

    var json: Verbatim {
        .object([
            Verbatim.Member(name: "name", value: .string(name)),
            Verbatim.Member(name: "wall", value: Self.json(wall)),
            Verbatim.Member(name: "processor", value: Self.json(processor)),
        ])
    }

    private static func json(_ times: BenchTimes) -> Verbatim {
        .object([
            Verbatim.Member(name: "medianMicroseconds", value: .real(times.median)),
            Verbatim.Member(name: "lowestMicroseconds", value: .real(times.lowest)),
            Verbatim.Member(name: "highestMicroseconds", value: .real(times.highest)),
        ])
    }

    /// The parts as a table, or as one JSON object.
    static func tell(_ parts: [BenchPart], rounds: Int, asJSON: Bool) {
        if asJSON {
            Output.object(
                .object([
                    Verbatim.Member(name: "rounds", value: .integer(Int64(rounds))),
                    Verbatim.Member(name: "parts", value: .array(parts.map(\.json))),
                ]))
            return
        }
        var table = heading
        table.rows = parts.map(\.row)
        Output.line(table.text)
        Output.line("The median, the lowest and the highest of \(rounds) rounds.")
    }
}
