internal import Journal
internal import Model
internal import NATS
internal import Sinks

/// Reads what the configuration says about servers of NATS.
extension SettingsFile {
    func nats(_ section: Section) -> Settings.NATS? {
        let servers = servers(section)
        let timeoutMs = section.milliseconds("timeout", or: 10_000, in: 100...300_000)
        let order = section.choice("order", or: Settings.HTTP.Order.none)
        let concurrency = section.count("concurrency", or: 4, in: 1...64)
        let retry = retry(section.section("retry"))
        guard let template = section.required("subject") else { return nil }
        do throws(SubjectTemplate.Problem) {
            return Settings.NATS(
                servers: servers, subject: try SubjectTemplate(template), order: order, concurrency: concurrency,
                timeoutMs: timeoutMs, retry: retry)
        } catch {
            section.fault("subject", error.description)
            return nil
        }
    }

    /// The journal as a log: `{kind: nats, servers: [...], stream: mogate, replicas: 3}`.
    func log(_ section: Section) -> NATSJournal.Settings {
        let standard = NATSJournal.Settings(servers: servers(section))
        let stream = section.string("stream") ?? standard.stream
        if !stream.isIdentifier {
            section.fault("stream", "`\(stream)` is not made of letters, digits, `-` and `_` alone")
        }
        return NATSJournal.Settings(
            servers: standard.servers, stream: stream,
            replicas: section.count("replicas", or: standard.replicas, in: 1...5),
            retainMs: section.optionalMilliseconds("retain", in: Self.retention),
            bytesMax: section.optionalBytes("maxBytes", in: (1 << 20)...(1 << 50)),
            appendWithinMs: section.milliseconds("within", or: standard.appendWithinMs, in: 200...60_000),
            turnMs: section.milliseconds("turn", or: standard.turnMs, in: 1_000...600_000))
    }

    /// `servers`, one of the ways to prove who we are, and `tls`.
    func servers(_ section: Section) -> NATSSettings {
        let servers = section.strings("servers")
        if servers.isEmpty { section.fault("servers", "needs at least one address such as nats://10.0.0.1:4222") }
        for (index, server) in servers.enumerated() {
            guard let problem = NATSSettings.problem(withServer: server) else { continue }
            section.fault("servers[\(index)]", problem)
        }
        return NATSSettings(
            servers: servers, login: login(section), tls: clientTLS(section))
    }

    private func login(_ section: Section) -> NATSSettings.Login {
        let user = section.string("user")
        let given = ["password", "token", "credentials"].filter { section.has($0) }
        if given.count > 1 { section.fault(given[1], "is one way too many to log in, beside `\(given[0])`") }
        if (user != nil) != (given.first == "password") {
            section.fault(user == nil ? "password" : "user", "`user` and `password` go together")
        }
        guard let way = given.first, let reference = section.string(way) else { return .nobody }
        guard let secret = secret(reference, of: section, key: way) else { return .nobody }
        switch way {
        case "password": return .password(user: user ?? "", secret)
        case "token": return .token(secret)
        default: return .credentials(secret)
        }
    }

    /// `tls`, with the certificates as they are now; a reload reads them again.
    func clientTLS(_ section: Section) -> ClientTLS? {
        guard section.has("tls") else { return nil }
        let section = section.section("tls")
        defer { section.finish() }
        var tls = ClientTLS()
        if section.has("ca") { tls.authorities = pem("ca", of: section).map { String(decoding: $0, as: UTF8.self) } }
        guard section.has("certificate") || section.has("key") else { return tls }
        tls.certificate = pem("certificate", of: section).map { String(decoding: $0, as: UTF8.self) }
        if let path = section.required("key") {
            tls.key = secret("file:" + path, of: section, key: "key")
        }
        return tls
    }

    /// A secret that is used as it is written.
    private func secret(_ reference: String, of section: Section, key: String) -> Secret? {
        secret(reference, number: 1, of: section, key: key) { Array($0.utf8) }
    }
}
