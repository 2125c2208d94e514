import ArgumentParser
import Journal
import Model

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "List the events that a sink was not given, and why.",
        discussion: """
            Examples:
              mogate dead-letters --sink crm
              mogate dead-letters --limit 5000 --after crm/1200 --json
            """)

    @OptionGroup var journal: JournalOption

    @Option(help: "Only those of this sink.")
    var sink: String?

    @Option(help: "How many, by sink and number.")
    var limit = 50

    @Option(help: "Only those after this one, which is named by sink and number, such as `crm/1200`.")
    var after: DeadLetter.Place?

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is a number from 1 on") }
    }

    func run() async throws {
        var table = Table("SINK", "SEQUENCE", "ID", "AT", "ATTEMPTS", "REASON")
        let next = try await journal.browse { (browser) throws(JournalError) in
            var next = after
            var shown = 0
            repeat {
                let page = try await browser.deadLetters(of: sink, after: next, limit: limit - shown)
                for letter in page.letters {
                    if journal.json { Output.object(letter.summary) } else { table.rows.append(letter.cells) }
                }
                shown += page.letters.count
                next = page.next
            } while next != nil && shown < limit
            return next
        }
        if !journal.json { Output.line(table.text) }
        if let next { Output.complaint("there are more: --after \(next)") }
    }
}

extension DeadLetter {
    fileprivate var cells: [String] {
        [sink, String(entry.sequence), entry.event.id.description, at.rfc3339, String(attempts), reason]
    }

    fileprivate var summary: Verbatim {
        [
            "sink": .string(sink), "sequence": .integer(entry.sequence), "id": .string(entry.event.id.description),
            "at": .string(at.rfc3339), "attempts": .integer(Int64(attempts)), "reason": .string(reason),
        ]
    }
}
