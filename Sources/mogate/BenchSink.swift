import ArgumentParser
import Front
import Gateway
import Model
import Sinks
import Threads

struct BenchSink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sink",
        abstract: "Say what it takes to give an event to a file, and to an HTTP endpoint.",
        discussion: """
            In microseconds for each event: a file in a temporary folder, by how many events share a write and a sync; \
            and requests over loopback to a receiver within this process, by how many are under way at once. The \
            receiver's own work is part of the latter.

            Example:
              mogate bench sink --rounds 5 --json
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: "How many events a round delivers at least.")
    var events = 2_000

    private static let batches = [1, 64, 512]
    private static let concurrencies = [1, 16, 64]

    func validate() throws {
        guard events > 0 else { throw ValidationError("--events must be at least 1") }
    }

    func run() async throws {
        try await options.inTemporaryFolder { folder in
            var receipts = try BenchReceipts(fixtures: options.fixtures, only: options.only)
            let entries = receipts.entries(events)
            var parts: [BenchPart] = []
            do {
                for size in Self.batches { parts.append(try await file(in: folder, entries, size)) }
                for width in Self.concurrencies { parts.append(try await http(entries, width)) }
            } catch {
                Output.complaint("the sink failed: \(error)")
                throw Exit.unavailable
            }
            BenchPart.tell(parts, rounds: options.rounds, asJSON: options.json)
        }
    }

    private func file(in folder: String, _ entries: [Entry], _ size: Int) async throws -> BenchPart {
        let sink = try await FileSink.open(
            FileSink.Settings(path: "\(folder)/events-\(size).ndjson"), position: [], now: Time.system.now)
        let batches = entries.prefix(size * 200).split(into: size)
        let part = try await measured("file, \(size) a sync", events: min(entries.count, size * 200)) {
            for batch in batches { try Self.check(await sink.deliver(batch)) }
        }
        await sink.close()
        return part
    }

    private func http(_ entries: [Entry], _ width: Int) async throws -> BenchPart {
        let loop = try EventLoop(name: "receiver")
        let receiver = Front(
            loop: loop, address: ListenAddress(host: "127.0.0.1", port: 0), now: Time.system.now,
            gate: { _ in .admitted { _ in Reply(status: 204) } })
        let port = try await receiver.listen()
        let sink = try HTTPSink(
            HTTPSink.Settings(
                url: "http://127.0.0.1:\(port)/", concurrency: width, allowedNetworks: ["127.0.0.0/8"]),
            on: loop, now: Time.system.now)
        let shares = entries.split(into: (entries.count + width - 1) / width)
        let part = try await measured("HTTP, \(width) at once", events: entries.count) {
            try await withThrowingTaskGroup { tasks in
                for share in shares {
                    tasks.addTask { for entry in share { try Self.check(await sink.deliver([entry])) } }
                }
                try await tasks.waitForAll()
            }
        }
        await sink.close()
        await receiver.drain(withinMs: 1_000)
        loop.stop()
        return part
    }

    /// The first round is a warm-up and is not counted.
    private func measured(
        _ name: String, events: Int, _ work: nonisolated(nonsending) () async throws -> Void
    ) async throws -> BenchPart {
        var part = BenchPart(name: name)
        for number in 0...options.rounds { try await part.round(events, isWarmUp: number == 0, work) }
        return part
    }

    private struct NotTaken: Error {
        let outcome: Delivery
    }

    private static func check(_ delivered: Delivered) throws {
        for outcome in delivered.outcomes where outcome != .taken { throw NotTaken(outcome: outcome) }
    }
}

extension Collection {
    /// Its elements in their order, so many in each piece; fewer in the last.
    fileprivate func split(into size: Int) -> [[Element]] {
        var pieces: [[Element]] = []
        var rest = self[...]
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces
    }
}
