import ArgumentParser
import Gateway
import Journal

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a journal as it is at this moment, also while it is being served.",
        discussion: """
            The copy is one file, for its owner only, and looked through once it is on the disk. A file that is there \
            already is not touched. To go back to a backup: stop `mogate serve`, put the backup in the journal's place, \
            remove what lies beside it with -wal and -shm at the end of its name, and say \
            `mogate verify FILE --accept-loss`.

            Example: mogate backup --to /backup/mogate-2026-11-28.db
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "The journal's file; without it, the one that the configuration names.")
    var journal: String?

    @Option(help: "Where the copy goes.", completion: .file())
    var to: String

    func run() throws {
        let path = try journal ?? configuration.journalPath(instead: "`nats stream backup` copies a stream")
        let isSound: Bool
        do throws(JournalError) {
            let verification = try JournalBackup.make(of: path, at: to)
            Output.line(
                "\(to): \(verification.events) events, \(verification.requests) requests, up to event \(verification.newestEvent)"
            )
            for flaw in verification.flaws { Output.complaint("WRONG in the journal, and so in the copy: \(flaw)") }
            isSound = verification.isSound
        } catch .unusable(let reason) {
            Output.complaint(reason)
            throw Exit.ioError
        } catch {
            Output.complaint("\(path): \(error)")
            throw Exit.ioError
        }
        guard isSound else { throw Exit.dataError }
    }
}
