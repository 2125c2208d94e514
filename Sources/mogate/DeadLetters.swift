import ArgumentParser
import Journal
import Model

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "List the events that a sink was not given, and why.",
        discussion: "Example: mogate dead-letters --sink crm")

    @OptionGroup var journal: JournalOption

    @Option(help: "Only those of this sink.")
    var sink: String?

    @Option(help: "How many.")
    var limit = 50

    func run() async throws {
        let letters = try await journal.browse { (browser) throws(JournalError) in
            try await browser.deadLetters(of: sink, limit: limit)
        }
        guard !journal.json else {
            for letter in letters {
                Output.object([
                    "sink": .string(letter.sink), "sequence": .integer(letter.entry.sequence),
                    "id": .string(letter.entry.event.id.description), "at": .string(letter.at.rfc3339),
                    "attempts": .integer(Int64(letter.attempts)), "reason": .string(letter.reason),
                ])
            }
            return
        }
        var table = Table("SINK", "SEQUENCE", "ID", "AT", "ATTEMPTS", "REASON")
        for letter in letters {
            table.rows.append([
                letter.sink, String(letter.entry.sequence), letter.entry.event.id.description, letter.at.rfc3339,
                String(letter.attempts), letter.reason,
            ])
        }
        Output.line(table.text)
    }
}
