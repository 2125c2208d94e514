import ArgumentParser
import Casebook

/// `mogate fixtures`: recorded callbacks as contract tests.
struct FixturesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fixtures",
        abstract: "Run a folder of recorded callbacks as contract tests, add to it, or say what it covers.",
        discussion: "The format of such a folder is described in Fixtures/README.md.",
        subcommands: [FixturesVerify.self, FixturesRecord.self, FixturesTable.self])

    /// Does what may find a folder unreadable; then says so, and exits.
    static func reading<Result>(_ body: () throws(CasebookError) -> Result) throws -> Result {
        do throws(CasebookError) { return try body() } catch {
            Output.complaint(error.description)
            throw Exit.noInput
        }
    }
}
