internal import Foundation
internal import Front
internal import Model
internal import Providers

/// Reads what the configuration says about who may come in, and how much of anything there may be.
extension SettingsFile {
    func listener(_ section: Section) -> Settings.Listener? {
        let tls = section.has("tls") ? tls(section.section("tls")) : nil
        let hasProxyHeaders = section.bool("proxyProtocol", or: false)
        return address(section).map { Settings.Listener(address: $0, tls: tls, hasProxyHeaders: hasProxyHeaders) }
    }

    /// Reads the certificates as they are now; a reload reads them again.
    private func tls(_ section: Section) -> TLSContext? {
        defer { section.finish() }
        let certificate = pem("certificate", of: section)
        let key = section.required("key").flatMap { path -> [UInt8]? in
            do throws(KeyFault) {
                return Array(try secrets.fetch("file:" + path).utf8)
            } catch {
                section.fault("key", error.reason)
                return nil
            }
        }
        let authorities = section.has("clientCA") ? pem("clientCA", of: section) : nil
        guard let certificate, let key, section.has("clientCA") == (authorities != nil) else { return nil }
        do throws(TLSFault) {
            return try TLSContext(certificate: certificate, key: key, clientAuthorities: authorities)
        } catch {
            let name =
                switch error {
                case .noMemory, .noCertificate: "certificate"
                case .noKey, .otherKey: "key"
                case .noAuthority: "clientCA"
                }
            section.fault(name, error.description)
            return nil
        }
    }

    /// All authorities that a system trusts take less.
    private static let pemBytesMax = 4 << 20

    func pem(_ name: String, of section: Section) -> [UInt8]? {
        guard let path = section.required(name) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            section.fault(name, "`\(path)` cannot be read")
            return nil
        }
        guard data.count <= Self.pemBytesMax else {
            section.fault(name, "`\(path)` is longer than certificates are")
            return nil
        }
        return Array(data)
    }

    func address(_ section: Section) -> ListenAddress? {
        defer { section.finish() }
        guard let text = section.required("address") else { return nil }
        guard let address = ListenAddress(text) else {
            section.fault("address", "`\(text)` is not an address in numbers such as 127.0.0.1:8080 or [::1]:8080")
            return nil
        }
        return address
    }

    func proxies(_ root: Section) -> Proxies {
        Proxies(
            networks: networks(root.strings("trustedProxies"), at: "trustedProxies", of: root),
            header: root.choice("proxyHeader", or: Proxies.Header.forwardedFor))
    }

    func limits(_ section: Section) -> Settings.Limits {
        defer { section.finish() }
        let standard = Settings.Limits()
        let timeouts: ClosedRange<Int64> = 100...3_600_000
        let connections = section.count("connections", or: standard.connections, in: 1...1_000_000)
        return Settings.Limits(
            loops: section.count("loops", or: standard.loops, in: 1...64),
            bodyBytes: Int(section.bytes("body", or: Int64(standard.bodyBytes), in: 1_024...(8 << 20))),
            connections: connections,
            connectionsPerPeer: section.count(
                "connectionsPerPeer", or: Settings.Limits.connectionsPerPeer(of: connections), in: 1...1_000_000),
            requestsInFlight: section.count("requestsInFlight", or: standard.requestsInFlight, in: 1...1_000_000),
            memoryBytes: Int(section.bytes("memory", or: Int64(standard.memoryBytes), in: (1 << 20)...(1 << 40))),
            strangers: strangers(section, or: standard.strangers),
            handshakeTimeoutMs: section.milliseconds(
                "handshakeTimeout", or: standard.handshakeTimeoutMs, in: timeouts),
            headTimeoutMs: section.milliseconds("headTimeout", or: standard.headTimeoutMs, in: timeouts),
            requestTimeoutMs: section.milliseconds("requestTimeout", or: standard.requestTimeoutMs, in: timeouts),
            idleTimeoutMs: section.milliseconds("idleTimeout", or: standard.idleTimeoutMs, in: timeouts),
            writeTimeoutMs: section.milliseconds("writeTimeout", or: standard.writeTimeoutMs, in: timeouts),
            drainMs: section.milliseconds("drain", or: standard.drainMs, in: 0...600_000))
    }

    /// `strangers: off` listens to everyone, however often they were refused.
    private func strangers(_ section: Section, or standard: Rate?) -> Rate? {
        guard section.has("strangers") else { return standard }
        guard section.isScalar("strangers") else { return rate("strangers", of: section) }
        if section.string("strangers") != "off" {
            section.fault("strangers", "expected `off`, or `perSecond` and `burst`")
        }
        return nil
    }

    /// Who may post to a source, besides whoever proves itself.
    func access(
        _ section: Section, _ authentication: Source.Authentication, within limits: Settings.Limits
    ) -> Source.Access {
        let username = section.string("username")
        if authentication == .basic, username?.isEmpty ?? true {
            section.fault("username", "is missing, which `auth: basic` needs")
        }
        if authentication != .basic, username != nil { section.fault("username", "is for `auth: basic` alone") }
        if username?.contains(":") == true { section.fault("username", "must not have a colon in it") }
        let texts = section.strings("clients")
        if authentication == .mutualTLS, texts.isEmpty {
            section.fault("clients", "is missing, which `auth: mtls` needs: fingerprints or subjects of certificates")
        }
        if authentication != .mutualTLS, !texts.isEmpty { section.fault("clients", "is for `auth: mtls` alone") }
        let clients = texts.enumerated().compactMap { index, text in
            let pattern = ClientCertificate.Pattern(text)
            if pattern == nil {
                section.fault(
                    "clients[\(index)]", "`\(text)` is neither `sha256:` and 64 digits nor a subject such as CN=relay")
            }
            return pattern
        }
        let bytes = section.optionalBytes("body", in: 1_024...Int64(max(1_024, limits.bodyBytes))).map { Int($0) }
        return Source.Access(
            networks: networks(section.restriction("from"), at: "from", of: section), username: username,
            clients: clients, bodyBytesMax: bytes, rate: section.has("rate") ? rate("rate", of: section) : nil)
    }

    /// A secret in the form it is compared or signed with.
    func key(
        from text: String, for authentication: Source.Authentication, of provider: (any Provider.Type)?
    ) throws(KeyFault) -> [UInt8] {
        switch authentication {
        case .signature, .none: return try provider?.signingKey(from: text) ?? []
        case .basic: return Array(text.utf8)
        case .pathToken:
            guard text.isUnreserved, text.count >= 16 else {
                throw KeyFault(reason: "is no token: 16 or more letters, digits, `-`, `_`, `.` and `~`")
            }
            return Array(text.utf8)
        case .mutualTLS: throw KeyFault(reason: "is for nothing with `auth: mtls`")
        }
    }

    private func rate(_ name: String, of section: Section) -> Rate {
        let section = section.section(name)
        defer { section.finish() }
        let perSecond = section.count("perSecond", or: 0, in: 1...1_000_000)
        if !section.has("perSecond") { section.fault("perSecond", "is missing") }
        return Rate(
            perSecond: max(1, perSecond), burst: section.count("burst", or: max(1, perSecond), in: 1...1_000_000))
    }

    func networks(_ texts: [String], at name: String, of section: Section) -> [IPNetwork] {
        texts.enumerated().compactMap { index, text in
            let network = IPNetwork(text)
            if network == nil {
                section.fault("\(name)[\(index)]", "`\(text)` is no network such as 192.0.2.0/24 or 2001:db8::/32")
            }
            return network
        }
    }
}

extension Source.Authentication {
    /// Whether a source has to have secrets to be proved by.
    var hasSecrets: Bool { [.signature, .basic, .pathToken].contains(self) }
}
