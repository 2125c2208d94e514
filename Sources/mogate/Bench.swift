import ArgumentParser

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure what the parts of mogate take, each for itself.",
        subcommands: [BenchDecode.self, BenchJournal.self, BenchSink.self])
}
