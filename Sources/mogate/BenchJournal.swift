import ArgumentParser
import Gateway
import Journal
import Model

struct BenchJournal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Say what it takes to put a request into the journal, by how many share a commit.",
        discussion: """
            In microseconds for each request, with a real journal in a temporary folder: what recorded callbacks come \
            to, each time with ids that are new. A line for each number of requests that are appended at once.

            Example:
              mogate bench journal --at-once 1 --at-once 64 --folder /var/lib/mogate
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: "How many requests are appended at once; several may be given.")
    var atOnce: [Int] = []

    @Option(help: "How many requests a round appends at least.")
    var requests = 2_000

    private static let usualSizes = [1, 8, 64, 512]

    func validate() throws {
        guard requests > 0, atOnce.allSatisfy({ $0 > 0 }) else {
            throw ValidationError("--requests and --at-once must be at least 1")
        }
    }

    func run() async throws {
        try await options.inTemporaryFolder { folder in
            let journal: SQLiteJournal
            do throws(JournalError) {
                journal = try SQLiteJournal.open(at: "\(folder)/mogate.db", now: Time.system.now)
            } catch {
                Output.complaint("\(folder): \(error)")
                throw Exit.ioError
            }
            var receipts = try BenchReceipts(fixtures: options.fixtures, only: options.only)
            var parts: [BenchPart] = []
            for size in atOnce.isEmpty ? Self.usualSizes : atOnce {
                parts.append(try await measured(size, in: journal, &receipts))
            }
            await journal.close()
            BenchPart.tell(parts, rounds: options.rounds, asJSON: options.json)
        }
    }

    /// The first round is a warm-up and is not counted.
    private func measured(
        _ size: Int, in journal: SQLiteJournal, _ receipts: inout BenchReceipts
    ) async throws -> BenchPart {
        var part = BenchPart(name: "\(size) at once")
        // A commit for each request takes as long as the disk does: fewer are enough.
        let batches = max(1, min(requests, size * 200) / size)
        for number in 0...options.rounds {
            let waiting = (0..<batches).map { _ in receipts.next(size) }
            do {
                try await part.round(batches * size, isWarmUp: number == 0) {
                    for batch in waiting { try await Self.append(batch, to: journal) }
                }
            } catch {
                Output.complaint("the journal failed: \(error)")
                throw Exit.ioError
            }
        }
        return part
    }

    private static func append(_ batch: [Receipt], to journal: SQLiteJournal) async throws(JournalError) {
        var failure: JournalError?
        await journal.append(batch) { place, outcome in
            switch outcome {
            case .success(let appended):
                precondition(appended.newEvents == batch[place].events.count, "an id was used twice")
            case .failure(let error): failure = error
            }
        }
        if let failure { throw failure }
    }
}
