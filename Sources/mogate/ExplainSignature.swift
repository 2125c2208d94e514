import ArgumentParser
import Casebook
import Foundation
import Gateway
import Journal
import Model

struct ExplainSignature: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain-signature",
        abstract: "Say why a request's signature does not match, offline.",
        discussion: """
            Tells which secrets were tried, the body's length and hash, and the header as it was received; then tries the \
            usual causes, alone and two together, and says which would make it match. No secret is shown, and no signature \
            but the one that came with the request.

            The request is a file that holds it as it went over the wire, head, empty line, body; or one in the journal, \
            where only authentic requests are kept. Exits 0 where the signature matches, 65 where it does not.

            Examples:
              mogate explain-signature request.http --config mogate.yaml
              mogate explain-signature request.http --source telesign --json
              mogate explain-signature --request 01a196fb-1600-…
            """)

    @OptionGroup var journal: JournalOption

    @Argument(help: "The file with the request.")
    var file: String?

    @Option(help: "The id of a request in the journal, instead of a file.")
    var request: EventID?

    @Option(help: "The source it is taken as sent to; without it, the one that it went to.")
    var source: String?

    func validate() throws {
        guard (file == nil) != (request == nil) else { throw ValidationError("give either a file or --request") }
    }

    func run() async throws {
        let webhook = try await webhook()
        let sources = try journal.configuration.settings().sources
        let path = source.map { "/in/" + $0 } ?? webhook.path
        guard let source = sources.first(where: { "/in/" + $0.name == path }) else {
            Output.complaint("no source for \(path) in \(journal.configuration.config)")
            throw Exit.dataError
        }
        let explanation = try FixturesCommand.reading { () throws(CasebookError) in
            try SignatureExplanation(of: webhook, for: source, others: sources)
        }
        if journal.json { Output.object(explanation.object(for: source)) } else { tell(explanation, of: source) }
        if explanation.refusal != nil { throw Exit.dataError }
    }

    private func webhook() async throws -> Webhook {
        if let file {
            return try FixturesCommand.reading { () throws(CasebookError) in try RequestFile.read(file) }
        }
        let found = try await journal.browse { (browser) throws(JournalError) -> StoredRequest? in
            guard let request else { return nil }
            return try await browser.request(request)
        }
        guard let found else {
            Output.complaint("there is no such request in the journal")
            throw Exit.dataError
        }
        return Webhook(
            method: "POST", path: "/in/" + found.source, query: nil,
            headers: Headers(found.headers.map { ($0.name, $0.value) }), body: found.body, peer: Case.peer,
            receivedAt: found.receivedAt)
    }

    private func tell(_ explanation: SignatureExplanation, of source: Source) {
        Output.line("source     \(source.name) (\(source.provider))")
        Output.line("body       \(explanation.bodyBytes) bytes, SHA-256 \(explanation.bodySHA256)")
        for header in explanation.headers { Output.line("header     \(header.name): \(header.value)") }
        for name in explanation.withheld { Output.line("header     \(name): (not shown, for it may hold a password)") }
        for trial in explanation.trials {
            Output.line("secret     \(trial.secret) \(trial.matches ? "matches" : "does not match")")
        }
        if source.authentication != .signature { Output.line("note       the source asks for no signature") }
        guard let refusal = explanation.refusal else {
            Output.line("verdict    the signature is right")
            return
        }
        Output.line("verdict    refused: \(refusal.words)")
        for cause in explanation.causes {
            Output.line("cause      it matches \(cause.secret) if \(cause.steps.joined(separator: ", and "))")
        }
        if explanation.causes.isEmpty {
            Output.line(
                """
                cause      none of the usual ones: the request was read in \(explanation.readingCount) other ways, and \
                no secret matched. Most likely it was signed with another secret, or its body was changed on the way.
                """)
        }
    }
}

extension Refusal.Forgery {
    fileprivate var words: String {
        switch self {
        case .missing: "there is no signature"
        case .malformed: "the signature is not of the vendor's form"
        case .repeated: "the signature's header is there more than once"
        case .wrongAccount: "the account in the header is not the customer id of the source"
        case .address: "the address is none that the source takes requests from"
        case .mismatch: "the signature is not one of the source's secrets over this body"
        }
    }
}

extension SignatureExplanation {
    fileprivate func object(for source: Source) -> Verbatim {
        [
            "source": .string(source.name), "provider": .string(source.provider),
            "bodyBytes": .integer(Int64(bodyBytes)), "bodySha256": .string(bodySHA256),
            "headers": .array(headers.map { ["name": .string($0.name), "value": .string($0.value)] }),
            "withheld": .array(withheld.map { .string($0) }),
            "secrets": .array(trials.map { ["name": .string($0.secret), "matches": .bool($0.matches)] }),
            "matches": .bool(refusal == nil),
            "refusal": refusal.map { .string($0.rawValue) } ?? .null,
            "causes": .array(
                causes.map { cause in
                    ["secret": .string(cause.secret), "steps": .array(cause.steps.map { .string($0) })]
                }),
        ]
    }
}
