import ArgumentParser
import Journal
import Model

struct Drift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what vendors sent that this version does not know: fields, words and shapes.",
        discussion: """
            Each was kept where it stood. The request that had it last can be made a recorded case: mogate fixtures \
            record --request ID.

            Example: mogate drift --provider telesign
            """)

    @OptionGroup var journal: JournalOption

    @Option(help: "Only what this provider sent.")
    var provider: String?

    func run() async throws {
        let records = try await journal.browse { (browser) throws(JournalError) in
            var records: [SightingRecord] = []
            var next: SightingRecord.Place?
            repeat {
                let page = try await browser.sightings(of: provider, after: next, limit: 500)
                records += page.records
                next = page.next
            } while next != nil
            return records
        }
        var table = Table("PROVIDER", "KIND", "PATH", "WORD", "COUNT", "FIRST", "LAST", "REQUEST")
        for record in records {
            if journal.json {
                Output.object(record.summary)
            } else {
                table.rows.append([
                    record.provider, record.sighting.kind.rawValue, record.sighting.path, record.sighting.word,
                    String(record.count), record.first.rfc3339, record.last.rfc3339, record.requestId.description,
                ])
            }
        }
        if !journal.json { Output.line(table.text) }
    }
}

extension SightingRecord {
    fileprivate var summary: Verbatim {
        [
            "provider": .string(provider), "kind": .string(sighting.kind.rawValue), "path": .string(sighting.path),
            "word": .string(sighting.word), "count": .integer(count), "first": .string(first.rfc3339),
            "last": .string(last.rfc3339), "requestId": .string(requestId.description),
        ]
    }
}
