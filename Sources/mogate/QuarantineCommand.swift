import ArgumentParser
import Foundation
import Gateway
import Journal
import Model

struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "List what was authentic but could not be understood, or show one with its bytes.",
        discussion: """
            Examples:
              mogate quarantine --limit 500
              mogate quarantine 7
            """)

    @OptionGroup var journal: JournalOption

    @Argument(help: "The number of one item, to be shown with the body it came in.")
    var number: Int64?

    @Option(help: "How many, the oldest first.")
    var limit = 50

    @Option(help: "Only those after this number.")
    var after: Int64 = 0

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is a number from 1 on") }
    }

    func run() async throws {
        if let number {
            try await show(number)
            return
        }
        var table = Table("NUMBER", "AT", "SOURCE", "PATH", "REQUEST", "REASON")
        let next = try await journal.browse { (browser) throws(JournalError) in
            var next: Int64? = after
            var shown = 0
            while let start = next, shown < limit {
                let page = try await browser.quarantine(after: start, limit: limit - shown)
                for item in page.items {
                    if journal.json { Output.object(item.summary) } else { table.rows.append(item.cells) }
                }
                shown += page.items.count
                next = page.next
            }
            return next
        }
        if !journal.json { Output.line(table.text) }
        if let next { Output.complaint("there are more: --after \(next)") }
    }

    private func show(_ number: Int64) async throws {
        let item = try await journal.browse { (browser) throws(JournalError) in try await browser.quarantined(number) }
        guard let item else {
            Output.complaint("nothing of that number is in quarantine")
            throw Exit.dataError
        }
        guard !journal.json else {
            Output.object(item.summary)
            return
        }
        Output.line(
            """
            at       \(item.at.rfc3339)
            source   \(item.source) (\(item.provider))
            request  \(item.requestId)
            path     \(PrintableText.line(item.fault.path))
            reason   \(PrintableText.line(item.fault.reason))
            body     \(item.body.count) bytes, as they came:
            """)
        Output.bytes(item.body + Array("\n".utf8))
    }
}

extension QuarantineItem {
    fileprivate var cells: [String] {
        [String(id), at.rfc3339, source, fault.path, requestId.description, fault.reason]
    }

    /// One object; the body in base64, since it may be anything.
    fileprivate var summary: Verbatim {
        [
            "number": .integer(id), "at": .string(at.rfc3339), "source": .string(source),
            "provider": .string(provider), "requestId": .string(requestId.description),
            "path": .string(fault.path), "reason": .string(fault.reason),
            "bodyBase64": .string(Data(body).base64EncodedString()),
        ]
    }
}
