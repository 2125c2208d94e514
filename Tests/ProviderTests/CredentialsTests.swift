import Model
import Providers
import Testing

/// Goal: proofs that stand in the head are right or are refused, by the head alone and with the whole request alike.
struct CredentialsTests {
    private static func source(
        _ authentication: Source.Authentication, secrets: [String] = ["first-secret", "second-secret"],
        clients: [ClientCertificate.Pattern] = []
    ) -> Source {
        Source(
            name: "relay", provider: "telesign", authentication: authentication,
            secrets: secrets.enumerated().map { Secret(name: "secret-\($0 + 1)", key: Array($1.utf8)) },
            access: Source.Access(username: "vendor", clients: clients))
    }

    private static func request(
        _ fields: [(name: String, value: String)] = [], path: String = "/in/relay", client: ClientCertificate? = nil
    ) -> Webhook {
        Webhook(
            method: "POST", path: path, query: nil, headers: Headers(fields), body: Array("{}".utf8),
            peer: "192.0.2.1", client: client, receivedAt: Instant(microseconds: 1_770_000_000_000_000))
    }

    /// The key that matched, or why none did; the same by the head and by the whole.
    private static func outcome(_ request: Webhook, _ source: Source) -> String {
        var byHead = "let in"
        do throws(Refusal) { try Telesign.checkHead(request, for: source) } catch { byHead = words(error) }
        do throws(Refusal) {
            let authenticity = try Telesign.authenticate(request, for: source).authenticity
            #expect(byHead == "let in")
            #expect(authenticity.isVerified)
            return "\(authenticity.method.rawValue) \(authenticity.key ?? "none")"
        } catch {
            #expect(byHead == words(error))
            return words(error)
        }
    }

    private static func words(_ refusal: Refusal) -> String {
        switch refusal {
        case .forged(let why): why.rawValue
        }
    }

    /// In base64: vendor:first-secret, vendor:second-secret, vendor:third-secret, vendor:, other:first-secret, vendor,
    /// vendor:first-secret:, :first-secret.
    @Test(arguments: [
        (["Basic dmVuZG9yOmZpcnN0LXNlY3JldA=="], "basic secret-1"),
        (["basic   dmVuZG9yOnNlY29uZC1zZWNyZXQ="], "basic secret-2"),
        (["Basic dmVuZG9yOnRoaXJkLXNlY3JldA=="], "mismatch"), (["Basic dmVuZG9yOg=="], "mismatch"),
        (["Basic b3RoZXI6Zmlyc3Qtc2VjcmV0"], "mismatch"), (["Basic dmVuZG9y"], "malformed"),
        (["Basic dmVuZG9yOmZpcnN0LXNlY3JldDo="], "mismatch"), (["Basic OmZpcnN0LXNlY3JldA=="], "mismatch"),
        (["Basic"], "malformed"), (["Basic dmVuZG9yOmZpcnN0LXNlY3JldA"], "malformed"), ([""], "malformed"),
        (["Bearer dmVuZG9yOmZpcnN0LXNlY3JldA=="], "malformed"), ([], "missing"),
        (["Basic dmVuZG9yOmZpcnN0LXNlY3JldA==", "Basic dmVuZG9yOmZpcnN0LXNlY3JldA=="], "repeated"),
    ])
    func basic(_ values: [String], _ outcome: String) {
        let request = Self.request(values.map { ("authorization", $0) })
        #expect(Self.outcome(request, Self.source(.basic)) == outcome)
    }

    @Test(arguments: [
        ("/in/relay/first-secret", "path-token secret-1"), ("/in/relay/second-secret", "path-token secret-2"),
        ("/in/relay/first-secre", "mismatch"), ("/in/relay/first-secrett", "mismatch"),
        ("/in/relay/First-secret", "mismatch"), ("/in/relay/first%2Dsecret", "mismatch"), ("/in/relay/", "missing"),
        ("/in/relay", "missing"),
    ])
    func pathToken(_ path: String, _ outcome: String) {
        #expect(Self.outcome(Self.request(path: path), Self.source(.pathToken)) == outcome)
    }

    @Test func mutualTLS() throws {
        let digits = String(repeating: "ab", count: 32)
        let certificate = ClientCertificate(fingerprint: digits, subject: "CN=relay,O=Example")
        let patterns = ["sha256:" + String(repeating: "cd", count: 32), "SHA256:" + digits.uppercased()]
        func source(_ texts: [String]) -> Source {
            Self.source(.mutualTLS, secrets: [], clients: texts.compactMap { ClientCertificate.Pattern($0) })
        }
        #expect(Self.outcome(Self.request(client: certificate), source(patterns)) == "mtls client-2")
        #expect(Self.outcome(Self.request(client: certificate), source(["CN=relay,O=Example"])) == "mtls client-1")
        #expect(Self.outcome(Self.request(client: certificate), source(["CN=relay"])) == "mismatch")
        #expect(Self.outcome(Self.request(client: certificate), source([patterns[0]])) == "mismatch")
        #expect(Self.outcome(Self.request(client: certificate), source([])) == "mismatch")
        #expect(Self.outcome(Self.request(), source(patterns)) == "missing")
    }

    @Test(arguments: ["", "relay", "sha256:", "sha256:abcd", "sha256:" + String(repeating: "xy", count: 32)])
    func noPatterns(_ text: String) {
        #expect(ClientCertificate.Pattern(text) == nil)
    }

    @Test func anEmptySecretMatchesNothingButIsNeverConfigured() {
        // The configuration refuses it; even so, no token is not the empty one.
        let source = Self.source(.pathToken, secrets: [""])
        #expect(Self.outcome(Self.request(path: "/in/relay/"), source) == "missing")
    }

    @Test func aSignatureCannotBeToldByTheHead() throws {
        try Telesign.checkHead(Self.request(), for: Self.source(.signature))
        #expect(throws: Refusal.forged(.missing)) {
            try Telesign.authenticate(Self.request(), for: Self.source(.signature))
        }
    }
}
