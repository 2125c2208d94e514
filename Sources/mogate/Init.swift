import ArgumentParser
import Foundation
import Gateway

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a configuration to begin with, by asking a few questions or by options.",
        discussion: """
            At a terminal it asks for what no option says. It never writes over a file, unless --force says so, and no \
            secret is written down: only the name of the variable or the file that holds it.

            Examples:
              mogate init
              mogate init --provider telesign --secret env:TELESIGN_KEY --forward-to https://crm.example/inbound
              mogate init --provider telesign --secret credential:telesign --output /etc/mogate/mogate.yaml
            """)

    @Option(help: "Where to write it.")
    var output = "mogate.yaml"

    @Option(
        help: ArgumentHelp(
            "A vendor to listen to: \(StarterConfiguration.providers.joined(separator: ", ")); may be given again."))
    var provider: [String] = []

    @Option(
        help:
            "Where the secret of the vendor of that place is: env:NAME, file:PATH or credential:NAME, as systemd has it; may be given again."
    )
    var secret: [String] = []

    @Option(help: "Where events are posted to; without it they go to a file.")
    var forwardTo: String?

    @Option(help: "Where the secret is that what is posted there is signed with.")
    var sinkSecret = "env:SINK_SECRET"

    @Option(help: "Where vendors post to, an address in numbers.")
    var listen = "127.0.0.1:8080"

    @Option(help: "The folder for the journal and the events.")
    var data = "data"

    @Flag(help: "Write over a file that is there.")
    var force = false

    func validate() throws {
        for name in provider where !StarterConfiguration.providers.contains(name) {
            let known = StarterConfiguration.providers.map { "`\($0)`" }.joined(separator: ", ")
            throw ValidationError("`\(name)` is none of \(known)")
        }
        if secret.count > provider.count { throw ValidationError("there are more secrets than providers") }
        for reference in secret + [sinkSecret] where !StarterConfiguration.isReference(reference) {
            throw ValidationError(
                "a secret is named by env:NAME, file:PATH or credential:NAME, and never written down itself")
        }
    }

    func run() throws {
        guard force || !FileManager.default.fileExists(atPath: output) else {
            Output.complaint("\(output) is there already: --output names another, --force writes over it")
            throw Exit.cannotCreate
        }
        let asks = Output.isInputTerminal && provider.isEmpty
        let providers = provider.isEmpty ? (asks ? askForProviders() : StarterConfiguration.providers) : provider
        let url = forwardTo ?? (asks ? ask("Post events to which URL? (empty: into a file)", or: "") : "")
        let configuration = StarterConfiguration(
            listen: asks ? ask("Listen for vendors on which address?", or: listen) : listen, data: data,
            sources: providers.enumerated().map { index, name in
                (name, index < secret.count ? secret[index] : "env:\(StarterConfiguration.variable(of: name))")
            },
            forwardTo: url.isEmpty ? nil : url, sinkSecret: sinkSecret)
        do {
            try Data(configuration.text.utf8).write(to: URL(filePath: output), options: .atomic)
        } catch {
            Output.complaint("\(output) cannot be written")
            throw Exit.cannotCreate
        }
        Output.line(
            """
            \(output) is written. What is next:

            \(steps(for: configuration).map { "  \($0)\n" }.joined())
            Then let each vendor post to your address and the path of its source: \(configuration.paths.joined(separator: ", ")).
            """)
    }

    private func steps(for configuration: StarterConfiguration) -> [String] {
        let credentials = configuration.names(of: .credential)
        let check = "mogate check --config \(output)"
        let secrets = configuration.names(of: .environment).map { "export \($0)=…" }
        guard !credentials.isEmpty else { return secrets + [check, "mogate serve --config \(output)"] }
        return secrets
            + credentials.map { "install -m 0600 /dev/stdin /etc/mogate/secrets/\($0)     # type it, then Ctrl-D" }
            + credentials.map {
                "LoadCredential=\($0):/etc/mogate/secrets/\($0)     # in the unit, deploy/mogate.service"
            }
            + ["CREDENTIALS_DIRECTORY=/etc/mogate/secrets \(check)", "systemctl restart mogate"]
    }

    private func askForProviders() -> [String] {
        StarterConfiguration.providers.filter { name in
            ask("Do you receive from \(name)? (yes, no)", or: "yes").lowercased().hasPrefix("y")
        }
    }

    private func ask(_ question: String, or standard: String) -> String {
        Output.prompt("\(question)\(standard.isEmpty ? "" : " [\(standard)]") ")
        let answer = readLine()?.trimmingCharacters(in: .whitespaces) ?? ""
        return answer.isEmpty ? standard : answer
    }
}
