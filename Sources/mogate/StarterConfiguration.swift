import Providers

/// A configuration to begin with, explained line by line.
struct StarterConfiguration {
    let listen: String
    let data: String
    /// The provider of each source, and where its secret is.
    let sources: [(provider: String, secret: String)]
    let forwardTo: String?
    let sinkSecret: String

    /// How a secret is named.
    enum Reference: String, CaseIterable {
        case environment = "env:"
        case file = "file:"
        case credential = "credential:"
    }

    static func isReference(_ text: String) -> Bool {
        Reference.allCases.contains { text.hasPrefix($0.rawValue) }
    }

    static let providers = catalog.map { $0.name }

    /// What is worth saying of a vendor, beyond its name.
    private struct Hint {
        /// The name of its source.
        let name: String
        /// The variable that holds its secret, where nothing else is said.
        let variable: String
        let secret: String
        /// Lines of the source, with a word on each.
        let more: [String]

        init(of provider: String) {
            switch provider {
            case "telesign":
                self.init(
                    "telesign", "TELESIGN_KEY", "The API key as Telesign shows it: the callbacks are signed with it.",
                    [
                        "# Only callbacks that name this account; take the comment off and put yours in.",
                        "# customerId: FFFFFFFF-EEEE-DDDD-1234-AB1234567890",
                    ])
            case "mobile-text-alerts":
                self.init(
                    "mta", "MTA_SECRET", "The secret that you registered the webhook with; list each registration's.",
                    ["# Put before national numbers.", #"defaultCallingCode: "1""#])
            default:
                let variable = provider.uppercased().replacing("-", with: "_") + "_SECRET"
                self.init(provider, variable, "The secret that the vendor signs with.", [])
            }
        }

        private init(_ name: String, _ variable: String, _ secret: String, _ more: [String]) {
            self.name = name
            self.variable = variable
            self.secret = secret
            self.more = more
        }
    }

    static func variable(of provider: String) -> String { Hint(of: provider).variable }

    /// The names that secrets have which are kept in that way, such as variables that have to be set.
    func names(of kind: Reference) -> [String] {
        let references = sources.map(\.secret) + (forwardTo == nil ? [] : [sinkSecret])
        return references.filter { $0.hasPrefix(kind.rawValue) }.map { String($0.dropFirst(kind.rawValue.count)) }
    }

    var paths: [String] { sources.map { "/in/\(Hint(of: $0.provider).name)" } }

    var text: String {
        """
        # mogate: what comes in from vendors, and where it goes. `mogate check` says what is wrong with this file.
        # Each value can also come from the environment: journal.path is MOGATE_JOURNAL_PATH.

        # Where vendors post to. Put a proxy in front that terminates TLS, or give this one `tls`.
        listen: [{address: \(Self.quoted(listen))}]
        # The proxy, so that senders are told apart by what it says of them; take the comment off where there is one.
        # trustedProxies: ["127.0.0.1"]

        # The operator's page, metrics and health. Keep it where only you can reach it.
        admin: {address: "127.0.0.1:8081"}

        # The one file that everything rests in until it is delivered. `retain` deletes what is older and was delivered.
        journal: {path: \(Self.quoted(data + "/mogate.db")), retain: 90d}

        # One entry for each account with a vendor; it posts to /in/<name>.
        sources:\(sources.isEmpty ? " []" : "")
        \(sources.map(source).joined(separator: "\n"))
        # Where events go, each place at its own pace.
        sinks:
        \(sink)

        """
    }

    private func source(_ source: (provider: String, secret: String)) -> String {
        let hint = Hint(of: source.provider)
        let lines =
            ["provider: \(source.provider)", "# \(hint.secret)", "secrets: [\(Self.quoted(source.secret))]"] + hint.more
            + ["# Finds stop, start and help where the vendor does not tell.", "keywords: detect"]
        return "  - name: \(hint.name)\n" + lines.map { "    \($0)\n" }.joined()
    }

    private var sink: String {
        guard let forwardTo else {
            return """
                  - name: archive
                    kind: file
                    path: \(Self.quoted(data + "/events.ndjson"))
                    rotate: {bytes: 256MiB, every: 1d}
                """
        }
        return """
              - name: service
                kind: http
                url: \(Self.quoted(forwardTo))
                # Signed as Standard Webhooks: `whsec_` and Base64.
                sign: \(Self.quoted(sinkSecret))
                # One after the other for each end user.
                order: subject
                retry: {first: 1s, longest: 5m, for: 72h}
            """
    }

    /// As YAML takes any text.
    private static func quoted(_ text: String) -> String {
        let escaped = text.map { #"\""#.contains($0) ? "\\\($0)" : String($0) }
        return "\"\(escaped.joined())\""
    }
}
