internal import Front
internal import Model
internal import Providers
internal import Sinks
internal import Yams

/// Reads the configuration: YAML, the environment on top of it, and the secrets that it names.
public struct SettingsFile {
    /// Fetches what a reference such as `env:NAME` stands for.
    let secrets: SecretStore
    private let environment: [String: String]

    public init(environment: [String: String], secrets: SecretStore) {
        self.environment = environment
        self.secrets = secrets
    }

    /// The settings that a text gives.
    /// - Throws: ``SettingsFaults`` with everything that is wrong, each with its line and key.
    public func read(_ text: String) throws(SettingsFaults) -> Settings {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw SettingsFaults([Self.fault(of: error)])
        }
        let problems = Section.Problems(environment: environment)
        let root = Section(node, key: "", line: nil, variable: "MOGATE", problems: problems)
        let settings = settings(root)
        root.finish()
        for name in environment.keys.sorted() where isMeantForUs(name, in: text) {
            guard !problems.usedVariables.contains(name) else { continue }
            problems.note(nil, name, "no such setting for an environment variable to give")
        }
        guard problems.faults.isEmpty else {
            throw SettingsFaults(problems.faults.sorted { ($0.line ?? 0, $0.key) < ($1.line ?? 0, $1.key) })
        }
        return settings
    }

    /// Whether a variable can only be a setting: not a secret that the file names, and not what Kubernetes tells every pod
    /// about a service of our name.
    private func isMeantForUs(_ name: String, in text: String) -> Bool {
        name.hasPrefix("MOGATE_") && !name.hasPrefix("MOGATE_SERVICE_") && !name.hasPrefix("MOGATE_PORT")
            && !text.contains("env:" + name)
    }

    /// What the YAML library says, as one of our faults.
    private static func fault(of error: any Error) -> SettingsFault {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            SettingsFault(line: mark.line, key: "", problem: "not YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            SettingsFault(line: context.mark.line, key: keys.last ?? "", problem: "given twice")
        default:
            SettingsFault(line: nil, key: "", problem: "not YAML")
        }
    }

    private func settings(_ root: Section) -> Settings {
        let listen = root.sections("listen").compactMap { listener($0) }
        if listen.isEmpty { root.fault("listen", "needs at least one address") }
        let adminSection = root.section("admin")
        let adminHosts = adminSection.strings("hosts")
        for host in adminHosts where host.isEmpty || host.contains(where: { "/:".contains($0) }) {
            adminSection.fault("hosts", "`\(host)` is no name alone, such as `ops.example`")
        }
        let adminToken = adminSection.string("token").flatMap { reference in
            secret(reference, number: 1, of: adminSection, key: "token", as: AdminTicket.token)
        }
        let admin = root.has("admin") || adminSection.has("address") ? address(adminSection) : nil
        let limits = limits(root.section("limits"))
        let sources = root.sections("sources").compactMap { source($0, within: limits) }
        let sinks = root.sections("sinks").compactMap { sink($0) }
        if sources.contains(where: { $0.authentication == .mutualTLS }),
            !listen.contains(where: { $0.tls?.asksForCertificates ?? false })
        {
            root.fault("listen", "asks nobody for certificates, which a source with `auth: mtls` needs: `tls.clientCA`")
        }
        let proxies = proxies(root)
        if proxies.networks.isEmpty, listen.contains(where: \.hasProxyHeaders) {
            root.fault("listen", "has `proxyProtocol`, which nobody may speak: `trustedProxies` is missing")
        }
        refuseRepeated(sources.map(\.name), in: root, at: "sources")
        refuseRepeated(sinks.map(\.name), in: root, at: "sinks")
        refuseRepeated(sinks.compactMap(\.filePath), in: root, at: "sinks")
        let journal = journal(root.section("journal"))
        if journal.log != nil {
            for sink in sinks where sink.filePath != nil {
                root.fault(
                    "sinks",
                    "`\(sink.name)` is a file, which is one machine's, and the journal is not: use `http` or `nats`")
            }
        }
        for sink in sinks {
            for name in sink.filter.sources where !sources.contains(where: { $0.name == name }) {
                root.fault("sinks", "`\(sink.name)` wants events of `\(name)`, which is no source")
            }
            for name in sink.filter.providers where provider(named: name) == nil {
                root.fault("sinks", "`\(sink.name)` wants events of `\(name)`, which is no provider")
            }
        }
        return Settings(
            listen: listen, admin: admin, adminHosts: Set(adminHosts.map { $0.lowercased() }), adminToken: adminToken,
            proxies: proxies, journal: journal, sources: sources, sinks: sinks, limits: limits,
            accessLog: root.bool("accessLog", or: false))
    }

    /// How long something may be kept: from a minute to a century.
    static let retention: ClosedRange<Int64> = 60_000...(36_600 * 86_400_000)

    private func refuseRepeated(_ names: [String], in root: Section, at key: String) {
        for name in Set(names) where names.count(where: { $0 == name }) > 1 {
            root.fault(key, "`\(name)` is given twice")
        }
    }

    /// `retain: 30d` for all; or `retain: {events: 30d, raw: 7d}`, where requests go sooner than what they brought.
    private func retain(_ section: Section) -> (events: Int64?, raw: Int64?) {
        guard !section.isScalar("retain") else {
            return (section.optionalMilliseconds("retain", in: Self.retention), nil)
        }
        let parts = section.section("retain")
        defer { parts.finish() }
        let events = parts.optionalMilliseconds("events", in: Self.retention)
        let raw = parts.optionalMilliseconds("raw", in: Self.retention)
        if let events, let raw, raw > events {
            parts.fault("raw", "must not be longer than `events`: a request goes with the last of its events")
        }
        return (events, raw)
    }

    private enum JournalKind: String, CaseIterable {
        case sqlite, nats
    }

    private func monitors(_ section: Section) -> [String] {
        let monitors = section.strings("monitors")
        for (index, monitor) in monitors.enumerated()
        where !monitor.hasPrefix("http://") && !monitor.hasPrefix("https://") {
            section.fault("monitors[\(index)]", "`\(monitor)` is no address such as http://10.0.0.1:8222")
        }
        return monitors.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    private enum WhenUnreachable: String, CaseIterable {
        case refuse, spill
    }

    private func journal(_ section: Section) -> Settings.Journal {
        defer { section.finish() }
        switch section.choice("kind", or: JournalKind.sqlite) {
        case .sqlite: return file(journal: section)
        case .nats:
            let spillPath: String? =
                switch section.choice("whenUnreachable", or: WhenUnreachable.refuse) {
                case .refuse: nil
                case .spill: section.required("path")
                }
            if spillPath == nil, section.has("path") {
                section.fault("path", "is where a log is spilled to, which needs `whenUnreachable: spill`")
            }
            let reserve = section.bytes("reserve", or: Settings.Journal.reserveBytesStandard, in: 0...(1 << 50))
            if spillPath == nil, section.has("reserve") {
                section.fault("reserve", "is for a file: it needs `whenUnreachable: spill`")
            }
            return Settings.Journal(
                path: "", reserveBytes: reserve, log: log(section), spillPath: spillPath, monitors: monitors(section))
        }
    }

    private func file(journal section: Section) -> Settings.Journal {
        let path = section.required("path") ?? ""
        let retain = retain(section)
        let reserve = section.bytes("reserve", or: Settings.Journal.reserveBytesStandard, in: 0...(1 << 50))
        // The write-ahead log alone takes up to a quarter of the least.
        return Settings.Journal(
            path: path, reserveBytes: reserve,
            retainMs: retain.events, retainRawMs: retain.raw,
            bytesMax: section.optionalBytes("maxBytes", in: (256 << 20)...(1 << 50)),
            whenFull: section.choice("whenFull", or: .refuse))
    }
}

// MARK: - Sources

extension SettingsFile {
    private func source(_ section: Section, within limits: Settings.Limits) -> Source? {
        defer { section.finish() }
        let name = identifier("name", of: section)
        let authentication = section.choice("auth", or: Source.Authentication.signature)
        let channel = section.has("channel") ? section.choice("channel", or: Channel.unknown) : nil
        let providerName = section.required("provider")
        let provider = providerName.flatMap { Providers.provider(named: $0) }
        if let providerName, provider == nil {
            let known = catalog.map { "`\($0.name)`" }.joined(separator: ", ")
            section.fault("provider", "`\(providerName)` is none of \(known)")
        }
        let references = section.strings("secrets")
        let secrets = references.enumerated().compactMap { index, reference in
            secret(reference, number: index + 1, of: section, key: "secrets[\(index)]") { (text) throws(KeyFault) in
                try key(from: text, for: authentication, of: provider)
            }
        }
        if authentication.hasSecrets, references.isEmpty {
            section.fault("secrets", "is missing; a source without authentication needs `auth: none`, in these words")
        }
        let callingCode = section.string("defaultCallingCode")
        if let callingCode, !(1...3).contains(callingCode.count) || !callingCode.allSatisfy(\.isASCIIDigit) {
            section.fault("defaultCallingCode", "`\(callingCode)` is not a country's calling code such as \"1\"")
        }
        let event = section.string("event")
        if let event, let provider, !provider.events.contains(event) {
            let known = provider.events.map { "`\($0)`" }.joined(separator: ", ")
            section.fault(
                "event", known.isEmpty ? "this provider has no events to choose" : "`\(event)` is none of \(known)")
        }
        let customerID = section.string("customerId")
        if customerID != nil, let provider, !provider.hasAccounts {
            section.fault("customerId", "this provider's callbacks name no account")
        }
        let source = Source(
            name: name ?? "", provider: providerName ?? "", authentication: authentication, secrets: secrets,
            access: access(section, authentication, within: limits), channel: channel, event: event,
            customerID: customerID, address: section.string("address"), defaultCallingCode: callingCode,
            keywords: keywords(section))
        return name == nil || provider == nil ? nil : source
    }

    /// `keywords: detect` takes the built-in words; `keywords: {stop: […], …}` adds to them.
    private func keywords(_ section: Section) -> KeywordPack? {
        guard section.has("keywords") else { return nil }
        if section.isScalar("keywords") {
            switch section.string("keywords") {
            case "detect"?: return .standard
            case "off"?: return nil
            default:
                section.fault("keywords", "expected `detect`, `off`, or words for `stop`, `start` and `help`")
                return nil
            }
        }
        var words: [String: Keyword.Action] = [:]
        for (key, values) in section.table("keywords") {
            guard let action = Keyword.Action(rawValue: key), [.stop, .start, .help].contains(action) else {
                section.fault("keywords.\(key)", "is none of `stop`, `start`, `help`")
                continue
            }
            for value in values { words[KeywordPack.spelling(of: value)] = action }
        }
        return KeywordPack.standard.merging(KeywordPack(words: words))
    }

    /// A name that can stand in a path, a metric and a log line.
    private func identifier(_ key: String, of section: Section) -> String? {
        guard let name = section.required(key) else { return nil }
        guard name.isIdentifier, name.count <= 64 else {
            section.fault(key, "`\(name)` is not made of letters, digits, `-` and `_` alone, 64 at most")
            return nil
        }
        return name
    }

    func secret(
        _ reference: String, number: Int, of section: Section, key: String,
        as form: (String) throws(KeyFault) -> [UInt8]
    ) -> Secret? {
        do throws(KeyFault) {
            return Secret(name: "secret-\(number)", key: try form(try secrets.fetch(reference)))
        } catch {
            section.fault(key, error.reason)
            return nil
        }
    }
}

// MARK: - Sinks

extension SettingsFile {
    private func sink(_ section: Section) -> Settings.Sink? {
        defer { section.finish() }
        let name = identifier("name", of: section)
        let filter = filter(section.section("where"))
        let kind: Settings.Sink.Kind?
        switch section.required("kind") {
        case "file"?: kind = file(section).map { .file($0) }
        case "http"?: kind = http(section).map { .http($0) }
        case "nats"?: kind = nats(section).map { .nats($0) }
        case let other?:
            section.fault("kind", "`\(other)` is none of `file`, `http`, `nats`")
            kind = nil
        case nil: kind = nil
        }
        guard let name, let kind else { return nil }
        return Settings.Sink(name: name, filter: filter, kind: kind)
    }

    private func filter(_ section: Section) -> EntryFilter {
        defer { section.finish() }
        let types = section.restriction("type")
        for type in types where Event.Kind(rawValue: type) == nil {
            section.fault("type", "`\(type)` is no type of event")
        }
        let channels = section.restriction("channel")
        for channel in channels where Channel(rawValue: channel) == nil {
            section.fault("channel", "`\(channel)` is no channel")
        }
        return EntryFilter(
            types: Set(types), providers: Set(section.restriction("provider")), channels: Set(channels),
            sources: Set(section.restriction("source")))
    }

    private func file(_ section: Section) -> FileSink.Settings? {
        let path = section.required("path")
        let rotate = section.section("rotate")
        defer { rotate.finish() }
        let bytes = rotate.optionalBytes("bytes", in: 4_096...(1 << 50))
        let every = rotate.optionalMilliseconds("every", in: 1_000...(366 * 86_400_000))
        return path.map { FileSink.Settings(path: $0, rotateBytes: bytes, rotateMs: every) }
    }

    private static func webhookKey(_ text: String) throws(KeyFault) -> [UInt8] {
        guard let key = HTTPSink.signingKey(text) else {
            throw KeyFault(reason: "is no key for Standard Webhooks such as whsec_ and Base64")
        }
        return key
    }

    /// `headers: {Authorization: "env:CRM_AUTHORIZATION"}`: values are secrets, named and not written down.
    private func headers(_ section: Section) -> [Secret] {
        guard section.has("headers") else { return [] }
        return section.table("headers").compactMap { name, references in
            guard references.count == 1 else {
                section.fault("headers.\(name)", "expected a single value")
                return nil
            }
            do throws(KeyFault) {
                let value = try self.secrets.fetch(references[0])
                if let problem = HTTPSink.problem(withHeader: name, value: value) { throw KeyFault(reason: problem) }
                return Secret(name: name, key: Array(value.utf8))
            } catch {
                section.fault("headers.\(name)", error.reason)
                return nil
            }
        }
    }

    private func http(_ section: Section) -> Settings.HTTP? {
        let url = section.required("url")
        if let url, let problem = HTTPSink.problem(withURL: url) { section.fault("url", problem) }
        if section.has("tls"), url?.lowercased().hasPrefix("http:") ?? false {
            section.fault("tls", "is for an address that begins with https://")
        }
        let secrets = section.strings("sign").enumerated().compactMap { index, reference in
            secret(reference, number: index + 1, of: section, key: "sign[\(index)]", as: Self.webhookKey)
        }
        return Settings.HTTP(
            url: url ?? "", secrets: secrets, headers: headers(section),
            format: section.choice("format", or: .structured),
            order: section.choice("order", or: .none), concurrency: section.count("concurrency", or: 16, in: 1...256),
            timeoutMs: section.milliseconds("timeout", or: 10_000, in: 100...300_000),
            retry: retry(section.section("retry")),
            allowedNetworks: networks(section), tls: clientTLS(section))
    }

    func retry(_ section: Section) -> Settings.Retry {
        defer { section.finish() }
        let standard = Settings.Retry()
        let retry = Settings.Retry(
            firstMs: section.milliseconds("first", or: standard.firstMs, in: 1...3_600_000),
            longestMs: section.milliseconds("longest", or: standard.longestMs, in: 1...86_400_000),
            patienceMs: section.milliseconds("for", or: standard.patienceMs, in: 0...(3_660 * 86_400_000)))
        if retry.longestMs < retry.firstMs { section.fault("longest", "must not be shorter than `first`") }
        return retry
    }

    private func networks(_ section: Section) -> [IPNetwork] {
        let networks = networks(section.strings("allowNetworks"), at: "allowNetworks", of: section)
        for network in networks {
            if let problem = HTTPSink.problem(withNetwork: network) { section.fault("allowNetworks", problem) }
        }
        return networks
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { "0"..."9" ~= self }
}
