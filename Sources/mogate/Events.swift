import ArgumentParser
import Foundation
import Gateway
import Journal
import Model

struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the events in the journal, show one, or follow them as they come.",
        discussion: """
            Examples:
              mogate events --limit 50 --type mogate.consent.changed
              mogate events --subject +15555550123 --json
              mogate events --follow
              mogate events 5f0c2b1e-…
            """)

    @OptionGroup var journal: JournalOption

    @Argument(help: "The id of one event, to be shown whole.")
    var id: EventID?

    @Option(help: "How many, the newest.")
    var limit = 20

    @Flag(help: "Go on with new ones as they come, until interrupted.")
    var follow = false

    @Option(help: "Only events of this type; may be given again.")
    var type: [String] = []

    @Option(help: "Only events of this source; may be given again.")
    var source: [String] = []

    @Option(help: "Only events of this channel; may be given again.")
    var channel: [String] = []

    @Option(help: "Only events of this end user.")
    var subject: String?

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 10000") }
    }

    func run() async throws {
        if let id {
            try await show(id)
            return
        }
        if !journal.json { Output.line(Self.heading) }
        let newest = try await journal.browse { (browser) throws(JournalError) in
            let events = try await latest(in: browser)
            for event in events { show(event) }
            return events.last?.entry.sequence
        }
        if follow { try await follow(from: newest ?? 0) }
    }

    private var query: EventQuery {
        EventQuery(
            filter: EntryFilter(types: Set(type), channels: Set(channel), sources: Set(source)), subject: subject)
    }

    private func latest(in browser: any JournalBrowser) async throws(JournalError) -> [StoredEvent] {
        var query = query
        var found: [StoredEvent] = []
        repeat {
            query.limit = limit - found.count
            let page = try await browser.events(query)
            found += page.events
            query.from = page.next
        } while found.count < limit && query.from != nil
        return found.reversed()
    }

    /// Looks again twice a second: the journal belongs to another process, which need not know that it is watched.
    private func follow(from newest: Int64) async throws {
        try await journal.browse { (browser) throws(JournalError) in
            var query = query
            query.order = .oldestFirst
            query.from = newest
            while !Task.isCancelled {
                let page = try await browser.events(query)
                for event in page.events { show(event) }
                query.from = page.events.last?.entry.sequence ?? query.from
                if let next = page.next { query.from = next } else { try? await Task.sleep(for: .milliseconds(500)) }
            }
        }
    }

    private func show(_ id: EventID) async throws {
        let event = try await journal.browse { (browser) throws(JournalError) in try await browser.event(id) }
        guard let event else {
            Output.complaint("no event \(id)")
            throw Exit.dataError
        }
        Output.json(event.entry.json)
    }

    private static let heading = Self.columns(["SEQUENCE", "RECEIVED", "TYPE", "SOURCE", "CHANNEL", "SUBJECT", "ID"])

    private func show(_ event: StoredEvent) {
        let entry = event.entry
        guard !journal.json else {
            Output.json(entry.json)
            return
        }
        let label = entry.event.label
        Output.line(
            Self.columns([
                String(entry.sequence), entry.receivedAt.rfc3339, label.type, label.source, label.channel,
                entry.event.subject ?? "-", entry.event.id.description,
            ]))
    }

    /// Fixed widths, since what comes later is not known when the first line is printed.
    private static func columns(_ cells: [String]) -> String {
        zip(cells.map { PrintableText.line($0) }, [9, 27, 24, 16, 8, 20, 36])
            .map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
            .joined(separator: " ")
    }
}
