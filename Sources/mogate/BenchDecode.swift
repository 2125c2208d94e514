import ArgumentParser
import Casebook
import Model
import Providers

struct BenchDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Say how long it takes to verify, decode and encode every recorded callback.",
        discussion: """
            In microseconds, one after the other, in this process. A provider's figures are those of all its callbacks \
            together. Recorded requests that are refused are left out. It fails where a callback's median decode is \
            over --max-us.

            Examples:
              mogate bench decode --only telesign/
              mogate bench decode --max-us 50 --json
            """)

    @Option(help: "The folder with the recorded callbacks.")
    var fixtures = "Fixtures"

    @Option(help: "Only cases whose name contains this, such as `telesign/` or `stop`.")
    var only: String?

    @Option(help: "How often each callback is measured.")
    var rounds = 1_000

    @Option(help: "The most microseconds that any callback's median decode may take.")
    var maxUs: Double?

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    /// As many as it takes for caches and allocators to settle; no more than are measured.
    private static let warmUpRounds = 100

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds must be at least 1") }
    }

    func run() throws {
        #if DEBUG
            Output.complaint("built for debugging: the figures say nothing about a release")
        #endif
        let cases: [Case]
        do throws(CasebookError) { cases = try Case.all(in: fixtures) } catch {
            Output.complaint(error.description)
            throw Exit.noInput
        }
        let chosen = cases.filter { only.map($0.description.contains) ?? true }
        var all: [BenchFigures] = []
        var providers: [BenchFigures] = []
        for provider in catalog {
            var sum = BenchFigures(name: provider.name)
            for fixture in chosen where fixture.provider == provider.name && fixture.expected.refusal == nil {
                let figures: BenchFigures
                do throws(Refusal) {
                    figures = try BenchFigures.measured(
                        fixture, by: provider, rounds: rounds, warmUpRounds: min(rounds, Self.warmUpRounds))
                } catch {
                    Output.complaint("\(fixture): refused, though it was not when it was recorded")
                    throw Exit.dataError
                }
                all.append(figures)
                sum.add(figures)
            }
            if !sum.decode.microseconds.isEmpty { providers.append(sum) }
        }
        guard let slowest = all.max(by: { $0.decode.median < $1.decode.median }) else {
            Output.complaint("no case to measure in \(fixtures)")
            throw Exit.noInput
        }
        tell(all, providers, slowest)
        let tooSlow = all.filter { $0.decode.median > maxUs ?? .infinity }
        for figures in tooSlow {
            Output.complaint("too slow: \(figures.name) is decoded in \(BenchFigures.text(figures.decode.median)) µs")
        }
        if !tooSlow.isEmpty { throw ExitCode.failure }
    }

    private func tell(_ cases: [BenchFigures], _ providers: [BenchFigures], _ slowest: BenchFigures) {
        if json {
            Output.object(
                .object([
                    Verbatim.Member(name: "rounds", value: .integer(Int64(rounds))),
                    Verbatim.Member(name: "cases", value: .array(cases.map(\.json))),
                    Verbatim.Member(name: "providers", value: .array(providers.map(\.json))),
                    Verbatim.Member(name: "slowest", value: .string(slowest.name)),
                ]))
            return
        }
        var table = BenchFigures.heading
        table.rows = (cases + providers).map(\.row)
        Output.line(table.text)
        Output.line(
            """
            µs, the median and the 99th percentile of \(rounds) rounds. \
            The slowest to decode is \(slowest.name): \(BenchFigures.text(slowest.decode.median)).
            """)
    }
}
