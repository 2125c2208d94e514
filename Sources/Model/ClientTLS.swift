/// Whom to believe when connecting by TLS, and how to prove who we are: in PEM, and held in memory only.
public struct ClientTLS: Sendable, Equatable {
    /// Who may vouch for servers; nil for whom the system trusts.
    public var authorities: String?
    /// What proves us to a server that asks for it; nil where nothing does.
    public var certificate: String?
    /// The key of the certificate.
    public var key: Secret?

    public init(authorities: String? = nil, certificate: String? = nil, key: Secret? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}
