import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure what mogate itself takes, without sockets and disks.", subcommands: [BenchDecode.self])
}
