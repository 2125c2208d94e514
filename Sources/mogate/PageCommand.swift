import ArgumentParser
import Gateway
import Model

struct PageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "page",
        abstract: "Print the address of the operator's page, with the token that lets it act.",
        discussion: """
            Whoever can read the journal's folder can act: the token lies there, and is another one after each start of the \
            server. It stands behind the `#`, so that a browser does not send it; the page takes it out of the address.

            Example: xdg-open "$(mogate page --journal data/mogate.db)"
            """)

    @OptionGroup var journal: JournalOption

    func run() async throws {
        let path = try journal.path(
            instead:
                "the page is at the admin address of each node, to look at alone; what changes anything are commands")
        guard let ticket = AdminTicket(ofJournal: path) else {
            Output.complaint("no server that has an admin address holds \(path)")
            throw Exit.unavailable
        }
        let address = "\(ticket.url)/#token=\(ticket.token)"
        guard journal.json else {
            Output.line(address)
            return
        }
        Output.object(["address": .string(address)])
    }
}
