import ArgumentParser
import Casebook
import Foundation

struct FixturesVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Run every case of a folder, and say which do not come out as recorded.",
        discussion: """
            A line for each case, then `N passed, N failed`. Exits 0 where all passed, 65 where one failed or there is \
            none, 66 where the folder cannot be read.

            Examples:
              mogate fixtures verify Fixtures
              mogate fixtures verify contract-tests --only telesign/rcs --junit report.xml
            """)

    @Argument(help: "The folder, which has a folder for each provider.")
    var folder: String

    @Option(help: "Only cases whose name contains this, such as `telesign/` or `stop`.")
    var only: String?

    @Option(help: "Write the result to this file too, as JUnit XML.")
    var junit: String?

    func run() throws {
        let verdicts = try FixturesCommand.reading { () throws(CasebookError) in
            try CaseVerdict.all(in: folder, only: only)
        }
        for verdict in verdicts { Output.line(Self.text(of: verdict)) }
        let failed = verdicts.count { !$0.passed }
        Output.line("\(verdicts.count - failed) passed, \(failed) failed")
        if let junit {
            let xml = Data(JUnitReport(verdicts).xml.utf8)
            guard (try? xml.write(to: URL(filePath: junit), options: .atomic)) != nil else {
                Output.complaint("\(junit): cannot be written")
                throw Exit.ioError
            }
        }
        if verdicts.isEmpty {
            Output.complaint("no case was run: \(only.map { "none is named `\($0)`" } ?? "there is none")")
        }
        if failed > 0 || verdicts.isEmpty { throw Exit.dataError }
    }

    private static func text(of verdict: CaseVerdict) -> String {
        guard let failure = verdict.failure else { return "ok    \(verdict)" }
        return "FAIL  \(verdict)\n      " + failure.replacing("\n", with: "\n      ")
    }
}
