/// One vendor's account as the operator configured it: who may post where, and what the callback itself does not say.
///
/// A class, for it goes through many hands with every request, and never changes.
public final class Source: Sendable {
    /// The name in the configuration; requests come to `/in/<name>`.
    public let name: String
    /// The provider's name in the catalog.
    public let provider: String
    public let authentication: Authentication
    /// Every one of them is tried: one per registration with the vendor, and old and new while a key is changed.
    public let secrets: [Secret]
    public let access: Access
    /// The channel that all callbacks here belong to, where the vendor has a URL for each.
    public let channel: Channel?
    /// The vendor's event that all callbacks here are, where the vendor has a URL for each.
    public let event: String?
    /// The account's id with the vendor, where the vendor's signature names it.
    public let customerID: String?
    /// The company's own address, for callbacks that do not say where the message was sent.
    public let address: String?
    /// Digits such as `1` or `44`, put before national numbers.
    public let defaultCallingCode: String?
    /// How stop, start and help are found where the vendor does not tell.
    public let keywords: KeywordPack?

    /// How a sender proves who it is.
    public enum Authentication: String, Sendable, CaseIterable {
        /// By the vendor's own signature.
        case signature
        /// By a user name and a password in `Authorization`.
        case basic
        /// By a secret as the last part of the path.
        case pathToken = "path-token"
        /// By a certificate of its own, when the connection is made.
        case mutualTLS = "mtls"
        /// Not at all; asked for by name, and every event says `unverified`.
        case none
    }

    /// Who else may be let in besides whoever proves itself, and how much it may bring.
    public struct Access: Sendable, Equatable {
        /// Where requests may come from; from anywhere where there is none.
        public var networks: [IPNetwork]
        /// With basic authentication: the user's name.
        public var username: String?
        /// With mutual TLS: the certificates that are let in.
        public var clients: [ClientCertificate.Pattern]
        /// How long a body may be; nil for as long as all others.
        public var bodyBytesMax: Int?
        /// How many authentic requests are taken; nil for as many as come.
        public var rate: Rate?

        public init(
            networks: [IPNetwork] = [], username: String? = nil, clients: [ClientCertificate.Pattern] = [],
            bodyBytesMax: Int? = nil, rate: Rate? = nil
        ) {
            self.networks = networks
            self.username = username
            self.clients = clients
            self.bodyBytesMax = bodyBytesMax
            self.rate = rate
        }
    }

    public init(
        name: String, provider: String, authentication: Authentication = .signature, secrets: [Secret] = [],
        access: Access = Access(), channel: Channel? = nil, event: String? = nil, customerID: String? = nil,
        address: String? = nil,
        defaultCallingCode: String? = nil, keywords: KeywordPack? = nil
    ) {
        self.name = name
        self.provider = provider
        self.authentication = authentication
        self.secrets = secrets
        self.access = access
        self.channel = channel
        self.event = event
        self.customerID = customerID
        self.address = address
        self.defaultCallingCode = defaultCallingCode
        self.keywords = keywords
    }
}
