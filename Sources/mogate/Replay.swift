import ArgumentParser
import Gateway
import Journal
import Model

struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send events again: by id, by number, by time of receipt, or what is among the dead letters.",
        discussion: """
            Each goes out with the id and the bytes that it always had, by turns with what is new. A file sink writes it \
            once more. What a sink has not come to yet is left out, for it will be sent anyway, and so is what its filter does \
            not let through. Where `mogate serve` runs, it is the one that does so.

            Examples:
              mogate replay --dead-letters --sink crm
              mogate replay --since 2026-11-01T00:00:00Z --until 2026-11-02T00:00:00Z --dry-run
              mogate replay --from 1200 --through 1300 --sink crm
              mogate replay 5f0c2b1e-…
            """)

    @OptionGroup var journal: JournalOption

    @Argument(help: "Ids of events.")
    var ids: [EventID] = []

    @Option(help: "Only to this sink; without it, to each that is configured.")
    var sink: String?

    @Option(help: "Only events from this number on.")
    var from: Int64?

    @Option(help: "Only events up to this number.")
    var through: Int64?

    @Option(help: "Only events received then or later, in RFC 3339.")
    var since: Instant?

    @Option(help: "Only events received before then, in RFC 3339.")
    var until: Instant?

    @Flag(help: "Only what the sink was not given.")
    var deadLetters = false

    @Flag(help: "Say how many there are, and change nothing.")
    var dryRun = false

    func validate() throws {
        guard action.isNarrowed else { throw ValidationError("say which events: all of them are --from 1") }
        if let from, from < 1 { throw ValidationError("--from is a number from 1 on") }
    }

    private var action: ReplayAction {
        ReplayAction(
            sink: sink, ids: ids.isEmpty ? nil : ids, from: from, through: through, since: since, until: until,
            deadLetters: deadLetters, dryRun: dryRun, limit: Self.partMax)
    }

    /// About so many are looked at for each sink before it is told how far it is.
    private static let partMax = 2_000

    func run() async throws {
        let shares = try await shares()
        guard !journal.json else {
            for share in shares {
                Output.object([
                    "sink": .string(share.sink), "events": .integer(Int64(share.events)),
                    "first": share.first.map { .integer($0) } ?? .null,
                    "last": share.last.map { .integer($0) } ?? .null,
                    "dryRun": .bool(dryRun),
                ])
            }
            return
        }
        for share in shares {
            let range = share.first.flatMap { first in share.last.map { ", numbers \(first) to \($0)" } } ?? ""
            Output.line("\(share.sink): \(share.events) events \(dryRun ? "would be" : "are") sent again\(range)")
        }
    }

    /// Does it part by part, sink by sink.
    private func shares() async throws -> [ReplayAction.Share] {
        guard ids.isEmpty else { return try await journal.perform(action).sinks }
        // A part with nothing in it tells how much there is.
        var none = action
        none.limit = 0
        var shares = try await journal.perform(none).sinks
        var bar = ProgressBar(total: Int(shares.reduce(0) { $0 + ($1.left ?? 0) }))
        defer { bar.giveWay() }
        bar.show(0)
        var done: Int64 = 0
        for index in shares.indices {
            var rest = action
            rest.sink = shares[index].sink
            while let next = shares[index].next {
                rest.from = next
                guard let more = try await journal.perform(rest).sinks.first else { break }
                shares[index].add(more)
                done += more.passed ?? 0
                bar.show(Int(done))
            }
        }
        return shares
    }
}

extension ReplayAction.Share {
    /// Adds what came of the next part.
    fileprivate mutating func add(_ more: ReplayAction.Share) {
        events += more.events
        first = first.map { min($0, more.first ?? $0) } ?? more.first
        last = last.map { max($0, more.last ?? $0) } ?? more.last
        next = more.next
    }
}
