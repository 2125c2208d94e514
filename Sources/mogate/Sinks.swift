import ArgumentParser
import Foundation
import Gateway
import Journal
import Model

struct Sinks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How each sink stands; and have one sent to again that wanted nothing more.",
        discussion: """
            Examples:
              mogate sinks
              mogate sinks resume crm
            """,
        subcommands: [SinksList.self, SinksResume.self], defaultSubcommand: SinksList.self)
}

struct SinksList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "How far each sink came, what waits, and whether it is sent anything.",
        discussion: "Example: mogate sinks list --json")

    @OptionGroup var journal: JournalOption

    func run() async throws {
        let sinks = try await journal.browse { (browser) throws(JournalError) in try await browser.sinks() }
        guard !journal.json else {
            for sink in sinks { Output.object(sink.summary) }
            return
        }
        var table = Table("SINK", "NUMBER", "BEHIND", "RETRIES", "DEAD LETTERS", "STATE")
        for sink in sinks {
            table.rows.append([
                sink.name, String(sink.cursor), String(sink.newest - sink.cursor), String(sink.retries),
                String(sink.deadLetters), sink.condition,
            ])
        }
        Output.line(table.text)
    }
}

struct SinksResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Send again to a sink that answered 410, and at once to one that is down.",
        discussion: "Example: mogate sinks resume crm")

    @OptionGroup var journal: JournalOption

    @Argument(help: "The name of the sink.")
    var name: String

    func run() async throws {
        let outcome = try await journal.perform(ResumeAction(sink: name))
        let isChanged = outcome.wasHalted || outcome.wasDown
        Output.line(isChanged ? "\(name) is sent to again" : "\(name) was not stopped: nothing is changed")
    }
}

extension SinkState {
    /// In a few words.
    fileprivate var condition: String {
        if let halt { return "stopped \(halt.at.rfc3339): \(halt.reason)" }
        return outage.map { "down, tried again at \($0.until.rfc3339)" } ?? "works"
    }

    fileprivate var summary: Verbatim {
        [
            "sink": .string(name), "number": .integer(cursor), "newest": .integer(newest), "retries": .integer(retries),
            "deadLetters": .integer(deadLetters), "stoppedAt": halt.map { .string($0.at.rfc3339) } ?? .null,
            "reason": halt.map { .string($0.reason) } ?? .null,
            "triedAgainAt": outage.map { .string($0.until.rfc3339) } ?? .null,
        ]
    }
}
