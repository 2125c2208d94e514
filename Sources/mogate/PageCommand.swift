import ArgumentParser
import Gateway
import Model

struct PageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "page",
        abstract: "Print the address of the operator's page, with the token that lets it act.",
        discussion: """
            Whoever can read the journal's folder can act: the token lies there, and is another one after each start of the \
            server, unless the configuration names one as `admin.token`. Of a journal that is a log it is always that one. It \
            stands behind the `#`, so that a browser does not send it; the page takes it out of the address.

            Example: xdg-open "$(mogate page --journal data/mogate.db)"
            """)

    @OptionGroup var journal: JournalOption

    func run() async throws {
        let ticket = try ticket
        let address = "\(ticket.url)/#token=\(ticket.token)"
        guard journal.json else {
            Output.line(address)
            return
        }
        Output.object(["address": .string(address)])
    }

    private var ticket: AdminTicket {
        get throws {
            switch try journal.place {
            case .file(let path):
                if let ticket = AdminTicket(ofJournal: path) { return ticket }
                Output.complaint("no server that has an admin address holds \(path)")
            case .log:
                if let ticket = AdminTicket(try journal.configuration.settings()) { return ticket }
                Output.complaint(
                    "the journal is a NATS stream: to act from the page takes an `admin.token` in the configuration; see "
                        + "deploy/cluster/README.md")
            }
            throw Exit.unavailable
        }
    }
}
