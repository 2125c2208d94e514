import ArgumentParser
import Casebook
import Foundation
import Gateway
import Journal
import Model
import Providers

struct FixturesRecord: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Turn a stored request into a case, with everything personal replaced and signed anew.",
        discussion: """
            Telephone numbers, addresses, texts, names, ids, tags and links are replaced by others of the same form, the \
            same original by the same substitute wherever it stands; times are moved to the day that all cases are \
            received on; the vendor's words and codes stay, and so does a message that is a keyword and nothing else. The \
            case is signed with the secret of the folder's source, and records what it comes to. Where that is not of \
            the same kind as before, nothing is written: a text was replaced that the reader goes by, and --keep keeps it.

            Look through a case before you share it: nothing here knows what a vendor's new word may tell.

            Examples:
              mogate fixtures record --quarantine 7 --into contract-tests --name rcs-new-card
              mogate fixtures record --request 01a196fb-1600-… --into contract-tests --name sms-plain \\
                --about "A plain text." --covers "SMS message, since 2022-11-01"
            """)

    @OptionGroup var journal: JournalOption

    @Option(help: "The id of the request: `provenance.requestId` of its events.")
    var request: EventID?

    @Option(help: "The number of an item in quarantine, whose request it is.")
    var quarantine: Int64?

    @Option(help: "The folder of cases; it has a folder for the provider, with a source.json in it.")
    var into: String

    @Option(help: "The name of the case: lower-case letters, digits and hyphens.")
    var name: String

    @Option(help: "What the case is about, in a sentence.")
    var about = "A callback as it came, with everything personal replaced."

    @Option(help: "What it covers, such as `message-reply, V3`.")
    var covers: String?

    @Option(help: "documented, inferred or made.")
    var origin = Case.Origin.made.rawValue

    @Option(help: "The name of a field whose values stay as they are; may be given again.")
    var keep: [String] = []

    @Option(
        help: "Makes the same substitutes as another recording with this seed. As good as a secret: do not share it.")
    var seed: String?

    @Flag(help: "Keep the body as it is, byte for byte, with everything personal in it.")
    var raw = false

    func validate() throws {
        guard (request == nil) != (quarantine == nil) else {
            throw ValidationError("give either --request or --quarantine")
        }
        guard Case.Origin(rawValue: origin) != nil else { throw ValidationError("`\(origin)` is no origin") }
    }

    func run() async throws {
        let stored = try await stored()
        let configured = configuredSource(of: stored)
        var anonymiser = Anonymiser(
            key: seed.map { Array($0.utf8) } ?? (0..<32).map { _ in .random(in: .min ... .max) },
            keywords: configured?.keywords, keeping: Set(keep), movingDays: stored.daysUntilCase)
        let draft = try FixturesCommand.reading { () throws(CasebookError) in
            let common = try CaseDraft(in: into, provider: stored.provider).source
            let overlay = configured?.differences(from: common, by: &anonymiser) ?? []
            return try CaseDraft(in: into, provider: stored.provider, overlay: overlay)
        }
        let body = try body(of: stored, for: draft, by: &anonymiser)
        let written: Case
        do throws(CasebookError) {
            written = try draft.write(
                body,
                as: CaseDraft.Sheet(
                    name: name, origin: Case.Origin(rawValue: origin) ?? .made, about: about, covers: covers),
                contentType: stored.contentType)
        } catch {
            Output.complaint(error.description)
            throw Exit.ioError
        }
        tell(written)
    }

    private func stored() async throws -> StoredRequest {
        let found = try await journal.browse { (browser) throws(JournalError) -> StoredRequest? in
            if let request { return try await browser.request(request) }
            guard let number = quarantine, let item = try await browser.quarantined(number) else { return nil }
            return try await browser.request(item.requestId)
        }
        guard let found else {
            Output.complaint("there is no such request in the journal")
            throw Exit.dataError
        }
        return found
    }

    /// The source that the request came to, as it is configured now; where it cannot be found, that is said.
    private func configuredSource(of stored: StoredRequest) -> Source? {
        let path = journal.configuration.config
        let sources = try? ConfigurationOption.read(path).sources
        let source = sources?.first { $0.name == stored.source && $0.provider == stored.provider }
        if source == nil {
            Output.complaint("no source `\(stored.source)` in \(path): the folder's source.json counts alone")
        }
        return source
    }

    private func body(of stored: StoredRequest, for draft: CaseDraft, by anonymiser: inout Anonymiser) throws -> [UInt8]
    {
        guard !raw else {
            Output.complaint("the body is kept as it came: look through it before anyone else does")
            return stored.body
        }
        let body: [UInt8]
        do throws(CasebookError) { body = try anonymiser.anonymise(stored.body) } catch {
            Output.complaint("\(error); --raw keeps it as it is")
            throw Exit.dataError
        }
        let before = OutcomeShape(draft.outcome(of: stored.body, contentType: stored.contentType))
        let after = OutcomeShape(draft.outcome(of: body, contentType: stored.contentType))
        if let difference = before.difference(from: after) {
            Output.complaint("nothing is written: with its values replaced it comes to something else\n\(difference)")
            Output.complaint("--keep FIELD keeps the values of a field as they are")
            throw Exit.dataError
        }
        return body
    }

    private func tell(_ written: Case) {
        guard !journal.json else {
            Output.object([
                "case": .string(written.description), "folder": .string(written.folder),
                "events": .integer(Int64(written.outcome().events.count)),
                "faults": .integer(Int64(written.outcome().faults.count)),
            ])
            return
        }
        Output.line("written to \(written.folder):")
        for line in OutcomeShape(written.outcome()).lines { Output.line("  \(line)") }
        Output.complaint("look through it before you share it")
    }
}

extension StoredRequest {
    fileprivate var contentType: String {
        headers.first { $0.name.lowercased() == "content-type" }?.value ?? CaseDraft.contentType
    }

    /// Whole days from when it came until the moment that all cases are received at, or the last such day before it.
    fileprivate var daysUntilCase: Int64 {
        let milliseconds = Case.receivedAt.milliseconds(since: receivedAt)
        let day: Int64 = 86_400_000
        return milliseconds >= 0 ? milliseconds / day : -((-milliseconds + day - 1) / day)
    }
}

extension Source {
    /// What is to be said in a case of how its source is not the common one; the company's address is replaced too.
    fileprivate func differences(from common: Source, by anonymiser: inout Anonymiser) -> [Verbatim.Member] {
        var members: [Verbatim.Member] = []
        func add(_ name: String, _ value: String?, unlike other: String?) {
            guard value != other else { return }
            members.append(Verbatim.Member(name: name, value: value.map { .string($0) } ?? .null))
        }
        add("channel", channel?.rawValue, unlike: common.channel?.rawValue)
        add("event", event, unlike: common.event)
        add("address", address.map { anonymiser.anonymise(value: $0) }, unlike: common.address)
        add("defaultCallingCode", defaultCallingCode, unlike: common.defaultCallingCode)
        if keywords != common.keywords {
            members.append(Verbatim.Member(name: "keywords", value: keywords?.listed ?? .null))
        }
        return members
    }
}

extension KeywordPack {
    /// As a source.json has it: `detect`, or the words that each action has besides the built-in ones.
    fileprivate var listed: Verbatim {
        let further = words.filter { KeywordPack.standard.words[$0.key] != $0.value }
        guard !further.isEmpty else { return "detect" }
        let byAction = Dictionary(grouping: further.keys.sorted()) { further[$0]?.rawValue ?? "" }
        return .object(
            byAction.keys.sorted().map { action in
                Verbatim.Member(name: action, value: .array((byAction[action] ?? []).map { .string($0) }))
            })
    }
}
