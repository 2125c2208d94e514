import ArgumentParser
import Casebook
import Gateway
import Model
import Providers

struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a recorded request comes to, offline: its events, and what was not understood.",
        discussion: """
            The file holds the request as it went over the wire: head, empty line, body. The source is the one that its \
            path names, unless another is given; with --provider it needs no configuration, and is believed unproved.

            Examples:
              mogate decode request.http --config mogate.yaml
              mogate decode request.http --provider telesign
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Argument(help: "The file with the request.")
    var file: String

    @Option(help: "The source that it is taken as sent to.")
    var source: String?

    @Option(help: "Take it as sent by this provider, without proof.")
    var provider: String?

    func run() throws {
        let webhook: Webhook
        do throws(CasebookError) { webhook = try RequestFile.read(file) } catch {
            Output.complaint(error.description)
            throw Exit.noInput
        }
        let source = try chosenSource(for: webhook)
        guard let provider = Providers.provider(named: source.provider) else {
            Output.complaint("there is no provider `\(source.provider)`")
            throw Exit.dataError
        }
        let decoding: Decoding
        do throws(Refusal) {
            decoding = provider.decode(try provider.authenticate(webhook, for: source), for: source)
        } catch {
            guard case .forged(let why) = error else { throw Exit.dataError }
            Output.complaint("refused: signature \(why.rawValue)")
            throw Exit.dataError
        }
        for event in decoding.events { Output.bytes(event.canonicalBytes + [UInt8(ascii: "\n")]) }
        for sighting in decoding.sightings {
            Output.complaint("new: \(sighting.kind.rawValue) \(sighting.path) \(sighting.word)")
        }
        for fault in decoding.faults { Output.complaint("not understood: \(fault.path): \(fault.reason)") }
        if !decoding.faults.isEmpty { throw Exit.dataError }
    }

    private func chosenSource(for webhook: Webhook) throws -> Source {
        if let provider {
            return Source(name: source ?? provider, provider: provider, authentication: .none, keywords: .standard)
        }
        let sources = try configuration.settings().sources
        let path = source.map { "/in/" + $0 } ?? webhook.path
        guard let found = sources.first(where: { "/in/" + $0.name == path }) else {
            Output.complaint("no source for \(path) in \(configuration.config)")
            throw Exit.dataError
        }
        return found
    }
}
