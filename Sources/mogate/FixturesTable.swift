import ArgumentParser
import Casebook

struct FixturesTable: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Print what a folder of cases covers, as a table in Markdown.",
        discussion: """
            A row for each thing that a case says it covers: the channels and types of event that its cases come to, and \
            how many cases there are of each origin.

            Example: mogate fixtures table Fixtures
            """)

    @Argument(help: "The folder, which has a folder for each provider.")
    var folder: String

    func run() throws {
        let cases = try FixturesCommand.reading { () throws(CasebookError) in try Case.all(in: folder) }
        Output.bytes(Array(CaseTable(cases).markdown.utf8))
    }
}
