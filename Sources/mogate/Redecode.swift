import ArgumentParser
import Foundation
import Gateway
import Journal
import Model

struct Redecode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run today's decoders over stored requests, and show what comes out otherwise.",
        discussion: """
            Nothing is changed without --apply, which adds the events that are new to the journal, for the sinks to \
            take, and takes out of quarantine what is understood now. Where `mogate serve` runs, it is the one that does \
            so. What was delivered is never changed.

            Examples:
              mogate redecode --quarantined
              mogate redecode --provider telesign --since 2026-11-01T00:00:00Z
              mogate redecode --quarantined --apply
            """)

    @OptionGroup var journal: JournalOption

    @Flag(help: "Only requests of which something is in quarantine.")
    var quarantined = false

    @Option(help: "Only requests of this provider.")
    var provider: String?

    @Option(help: "Only requests to this source.")
    var source: String?

    @Option(help: "Only requests received then or later, in RFC 3339.")
    var since: Instant?

    @Option(help: "Only requests received before then, in RFC 3339.")
    var until: Instant?

    @Flag(help: "Add what is new to the journal.")
    var apply = false

    /// What came of all requests together.
    private struct Sum {
        var requests = 0
        var unknowable = 0
        var unchanged = 0
        var changed = 0
        var new = 0
        var gone = 0
        /// Requests of one page that are to be read again for good.
        var worthwhile: [EventID] = []
    }

    func run() async throws {
        let sources = try journal.configuration.settings().sources
        var sum = Sum()
        var query = RequestQuery(
            provider: provider, source: source, since: since, until: until, onlyQuarantined: quarantined)
        // How many there are, at most, is known where all are meant, or all that are in quarantine.
        let isWhole = provider == nil && source == nil && since == nil && until == nil
        var bar = ProgressBar(total: isWhole ? try await requestCount() : nil)
        repeat {
            let page = query
            query.from = try await journal.browse { (browser) throws(JournalError) in
                let found = try await browser.requests(page)
                for request in found.requests {
                    try await look(at: request, sources, browser, &sum, &bar)
                    bar.show(sum.requests)
                }
                return found.next
            }
            if apply, !sum.worthwhile.isEmpty {
                _ = try await journal.perform(RedecodeAction(requests: sum.worthwhile))
                sum.worthwhile = []
            }
        } while query.from != nil
        bar.giveWay()
        Output.complaint(
            """
            \(sum.requests) requests: \(sum.unchanged) events unchanged, \(sum.changed) changed, \(sum.new) new, \
            \(sum.gone) gone; \(sum.unknowable) requests could not be read again
            """)
    }

    private func requestCount() async throws -> Int {
        try await journal.browse { (browser) throws(JournalError) in
            let counts = try await browser.counts()
            return Int(quarantined ? counts.quarantine : counts.requests)
        }
    }

    private func look(
        at request: StoredRequest, _ sources: [Source], _ browser: any JournalBrowser, _ sum: inout Sum,
        _ bar: inout ProgressBar
    ) async throws(JournalError) {
        sum.requests += 1
        guard let redecoding = Redecoding(request, sources: sources) else {
            sum.unknowable += 1
            return
        }
        let findings = try await redecoding.findings(in: browser)
        for finding in findings {
            if finding.verdict != .unchanged { bar.giveWay() }
            show(finding, of: request)
            switch finding.verdict {
            case .unchanged: sum.unchanged += 1
            case .changed: sum.changed += 1
            case .new: sum.new += 1
            case .gone: sum.gone += 1
            }
        }
        // A request of which nothing is new can still be understood better than it was, and leave quarantine.
        if apply, quarantined || findings.contains(where: { $0.verdict == .new }) {
            sum.worthwhile.append(request.requestId)
        }
    }

    private func show(_ finding: Redecoding.Finding, of request: StoredRequest) {
        guard finding.verdict != .unchanged else { return }
        if journal.json {
            Output.object(finding.summary(of: request))
            return
        }
        Output.line("\(finding.verdict.word)  \(finding.id)  \(finding.type)  request \(request.requestId)")
        guard case .changed(let differences) = finding.verdict else { return }
        for difference in differences {
            for (sign, value) in [("-", difference.before), ("+", difference.after)] {
                guard let value else { continue }
                Output.line(PrintableText.line("    \(sign) \(difference.path): \(value)"))
            }
        }
    }
}

extension Redecoding.Verdict {
    fileprivate var word: String {
        switch self {
        case .unchanged: "unchanged"
        case .changed: "changed  "
        case .new: "new      "
        case .gone: "gone     "
        }
    }
}

extension Redecoding.Finding {
    fileprivate func summary(of request: StoredRequest) -> Verbatim {
        var differences: [Verbatim] = []
        if case .changed(let all) = verdict {
            differences = all.map { difference in
                [
                    "path": .string(difference.path), "before": difference.before.map { .string($0) } ?? .null,
                    "after": difference.after.map { .string($0) } ?? .null,
                ]
            }
        }
        return [
            "verdict": .string(verdict.word.trimmingCharacters(in: .whitespaces)), "id": .string(id.description),
            "type": .string(type), "requestId": .string(request.requestId.description),
            "differences": .array(differences),
        ]
    }
}
