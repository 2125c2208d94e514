import ArgumentParser
import Foundation
import Journal
import Model

struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "List what was authentic but could not be understood, or show one with its bytes.",
        discussion: """
            Examples:
              mogate quarantine
              mogate quarantine 7
            """)

    @OptionGroup var journal: JournalOption

    @Argument(help: "The number of one item, to be shown with the body it came in.")
    var number: Int64?

    @Option(help: "How many, the oldest first.")
    var limit = 50

    @Option(help: "Only those after this number.")
    var after: Int64 = 0

    func run() async throws {
        if let number {
            try await show(number)
            return
        }
        let items = try await journal.browse { (browser) throws(JournalError) in
            try await browser.quarantine(after: after, limit: limit)
        }
        guard !journal.json else {
            for item in items { Output.object(item.summary) }
            return
        }
        var table = Table("NUMBER", "AT", "SOURCE", "PATH", "REQUEST", "REASON")
        for item in items {
            table.rows.append([
                String(item.id), item.at.rfc3339, item.source, item.fault.path, item.requestId.description,
                item.fault.reason,
            ])
        }
        Output.line(table.text)
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
            path     \(item.fault.path)
            reason   \(item.fault.reason)
            body     \(item.body.count) bytes, as they came:
            """)
        Output.bytes(item.body + Array("\n".utf8))
    }
}

extension QuarantineItem {
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
