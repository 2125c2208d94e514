import ArgumentParser
import Gateway
import Journal
import Model

struct Trace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell everything that happened to a message, with times.",
        discussion: """
            By the id of an event or of a request, by the vendor's own id, or by an end user's address. The last two are \
            looked for in every event, which takes a while. A first try that was taken leaves no trace of its own: it was \
            before the time by which its sink came past the event, which is kept to the second. Of many failures of one \
            event the first 20 are kept, and then each 20th. All of it goes with the event.

            Examples:
              mogate trace 5f0c2b1e-…
              mogate trace +15555550123 --json
            """)

    @OptionGroup var journal: JournalOption

    @Argument(help: "An event's id, a request's, the vendor's, or an address.")
    var id: String

    @Option(help: "How many events, the newest.")
    var limit = 20

    func run() async throws {
        let sinks = journal.contextConfiguration.sinks
        let isFound = try await journal.browse { (browser) throws(JournalError) in
            let events = try await events(in: browser)
            for event in events {
                let history = try await browser.history(of: event.entry.sequence)
                let request = try await browser.request(of: event)
                let story = EventTrace(event, request: request, history: history, sinks: sinks)
                if journal.json { Output.object(story.object) } else { Output.line(story.text) }
            }
            let isQuarantined = try await tellQuarantine(in: browser)
            return isQuarantined || !events.isEmpty
        }
        guard isFound else {
            Output.complaint("nothing in the journal bears `\(id)`")
            throw Exit.dataError
        }
    }

    private func events(in browser: any JournalBrowser) async throws(JournalError) -> [StoredEvent] {
        if let id = EventID(id) {
            if let event = try await browser.event(id) { return [event] }
            if let request = try await browser.request(id) {
                var events: [StoredEvent] = []
                for run in request.eventRuns {
                    events += try await browser.events(numbered: run, limit: run.count)
                }
                return events
            }
        }
        var found: [Int64] = []
        var last: Int64? = 0
        while let after = last {
            let mentions = try await browser.events(mentioning: id, after: after)
            found = (found + mentions.events).suffix(limit)
            last = mentions.next
            if let last, Output.isErrorTerminal { Output.progress("looked at events up to number \(last)") }
        }
        if Output.isErrorTerminal { Output.progress("") }
        var events: [StoredEvent] = []
        for sequence in found { events += try await browser.events(numbered: sequence..<sequence + 1, limit: 1) }
        return events
    }

    /// What is in quarantine and bears it; tells whether there is anything.
    private func tellQuarantine(in browser: any JournalBrowser) async throws(JournalError) -> Bool {
        var requests: Set<EventID> = []
        if let id = EventID(id) { requests.insert(id) }
        var isAny = false
        var next: Int64? = 0
        while let after = next {
            let page = try await browser.quarantine(after: after, limit: 500)
            for item in page.items where requests.contains(item.requestId) || item.isMentioning(id) {
                isAny = true
                if journal.json { Output.object(item.story) } else { Output.line(item.text) }
            }
            next = page.next
        }
        return isAny
    }
}

extension QuarantineItem {
    fileprivate func isMentioning(_ text: String) -> Bool {
        String(decoding: body, as: UTF8.self).contains(text.drop { $0 == "+" })
    }

    fileprivate var text: String {
        let why = PrintableText.line("\(fault.path) \(fault.reason)")
        return "quarantine \(id)  request \(requestId)\n  \(at.rfc3339)  received by \(source), not understood: \(why)"
    }

    fileprivate var story: Verbatim {
        [
            "quarantine": .integer(id), "requestId": .string(requestId.description), "at": .string(at.rfc3339),
            "source": .string(source), "path": .string(fault.path), "reason": .string(fault.reason),
        ]
    }
}
