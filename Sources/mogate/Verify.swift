import ArgumentParser
import Foundation
import Gateway
import Journal
import Model

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See whether all of a journal is there, and as it was written.",
        discussion: """
            Looks at the seal of every page and the frames of the write-ahead log as they lie on the disk, at every row's \
            digest, the chain over the commits, the counts, and the mark beside the file that tells how far the journal came. It changes nothing, \
            and works beside a `mogate serve` that writes the journal, and on \
            a backup. Exits 0 where all is well, and 65 where it is not.

            Examples:
              mogate verify
              mogate verify data/mogate.db
              mogate verify data/mogate.db --accept-loss    after a backup was put in place, with nothing serving it
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Argument(help: "The journal's file, or a backup of one; without it, the journal that the configuration names.")
    var file: String?

    @Flag(help: "Print JSON, one object.")
    var json = false

    @Flag(help: "Go on without what is missing: note it in the journal, and set the mark to what is there.")
    var acceptLoss = false

    func run() throws {
        let path =
            try file
            ?? configuration.journalPath(
                instead: "each event has a digest, and what is not as it was written is never sent")
        let verification: Verification
        do throws(JournalError) {
            if acceptLoss { tell(try JournalAudit.acceptLoss(path: path, at: Time.system.now())) }
            var bar = ProgressBar()
            defer { bar.giveWay() }
            verification = try JournalAudit.verify(path: path) { part, done, total in
                bar.turn(to: part.words, total: Int(total))
                bar.show(Int(done))
            }
        } catch .unusable(let reason) {
            Output.complaint(reason)
            throw Exit.noInput
        } catch {
            Output.complaint("\(path): \(error)")
            throw Exit.ioError
        }
        if json { Output.object(verification.summary) } else { Output.line(verification.text) }
        guard verification.isSound else { throw Exit.dataError }
    }

    private func tell(_ loss: AcceptedLoss?) {
        guard let loss else { return Output.complaint("nothing is missing: nothing was done") }
        Output.complaint(
            "accepted: \(loss.why). The next event is number \(loss.nextEvent).")
    }
}

extension Verification.Part {
    fileprivate var words: String {
        switch self {
        case .pages: "pages"
        case .rows: "rows"
        case .structure: "the structure, which may take as long again"
        }
    }
}

extension Verification {
    fileprivate var text: String {
        var lines = [
            "events    \(events), the newest is number \(newestEvent)",
            "requests  \(requests)",
            "commits   \(commits), the newest is number \(newestCommit)",
            "pages     \(pages), and \(logFrames) in the write-ahead log",
        ]
        if rowsWithoutDigest > 0 {
            lines.append("\(rowsWithoutDigest) rows are from before there were digests: of them nothing can be told")
        }
        for loss in losses {
            lines.append(
                "accepted at \(loss.at.rfc3339): \(loss.why); numbers \(loss.afterEvent + 1) to \(loss.nextEvent - 1) "
                    + "are not given out again")
        }
        lines += remarks.map { "note: \($0)" }
        lines += flaws.map { "WRONG: \($0)" }
        if flawCount > flaws.count { lines.append("and \(flawCount - flaws.count) more like these") }
        lines.append(isSound ? "all is as it was written" : "\(flawCount) things are wrong")
        return lines.joined(separator: "\n")
    }

    fileprivate var summary: Verbatim {
        [
            "sound": .bool(isSound), "events": .integer(events), "requests": .integer(requests),
            "commits": .integer(commits), "newestEvent": .integer(newestEvent), "newestCommit": .integer(newestCommit),
            "pages": .integer(pages), "logFrames": .integer(logFrames),
            "rowsWithoutDigest": .integer(rowsWithoutDigest), "flawCount": .integer(Int64(flawCount)),
            "flaws": .array(flaws.map { .string($0.description) }),
            "remarks": .array(remarks.map { .string($0.description) }),
            "losses": .array(
                losses.map { loss in
                    [
                        "at": .string(loss.at.rfc3339), "afterEvent": .integer(loss.afterEvent),
                        "nextEvent": .integer(loss.nextEvent), "why": .string(loss.why),
                    ]
                }),
        ]
    }
}
