import ArgumentParser
import Gateway
import Model

struct Erase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take away all that the journal holds of a person, for good.",
        discussion: """
            Every event that is about the address or names it goes, with the requests that brought them and what waits of \
            them; so does what is in quarantine and has it in its body. That it was done is kept, with a digest of the \
            address and not the address. What sinks were given is theirs: files and receivers have it still. Where \
            `mogate serve` runs, it is the one that does so.

            Example: mogate erase --subject +15555550123
            """)

    @OptionGroup var journal: JournalOption

    @Option(help: "The address, spelt as events have it: a telephone number in E.164, or an email address.")
    var subject: String

    func run() async throws {
        let outcome = try await journal.perform(EraseAction(subject: subject))
        if journal.json {
            Output.object([
                "events": .integer(outcome.events), "requests": .integer(outcome.requests),
                "quarantine": .integer(outcome.faults), "logEmpty": .bool(outcome.isLogEmpty),
                "fileSinks": .array(outcome.fileSinks.map { .string($0) }),
            ])
        } else {
            Output.line(
                "\(outcome.events) events, \(outcome.requests) requests and \(outcome.faults) items of quarantine erased"
            )
        }
        if !outcome.isLogEmpty {
            Output.complaint("the journal's own log may still hold some of it, and is emptied within minutes")
        }
        for sink in outcome.fileSinks { Output.complaint("what \(sink) wrote to its file is not touched") }
    }
}
