/// What an end user said or did, or what became of something we sent, whichever vendor carried it.
///
/// The product's public contract, version 1: a CloudEvents 1.0 envelope around data that is common to every type, and a
/// body that is the type's own. Its JSON has one spelling, ``canonicalBytes``.
///
/// Members that nobody changes are constants: Swift sets an optional variable to nil before it gets its value, and an event
/// has many of them.
public struct Event: Sendable, Equatable {
    // The envelope.

    /// The same for the same callback, however often, whenever and wherever it comes.
    public let id: EventID
    /// The end user's address, normalised: the ordering key. Nil where the vendor gives none.
    public let subject: String?
    /// When it happened: ``occurredAt`` where the vendor gives a sane one, else ``receivedAt``.
    public var time: Instant { occurredAt ?? receivedAt }
    /// W3C trace context, where the request brought one.
    public let traceparent: String?

    // The data common to every type.

    public let provider: String
    /// The name of the configured source.
    public let source: String
    public let channel: Channel
    public let direction: Direction
    /// The vendor's id for this thing, as text whatever its JSON type was.
    public let providerMessageId: String?
    public let from: Address?
    public let to: Address?
    public let occurredAt: Instant?
    public let receivedAt: Instant
    public let correlation: Correlation
    public let authenticity: Authenticity
    public var provenance: Provenance
    public let body: Body
    /// Every field of the vendor's that the model has no place for, at its place in the vendor's object.
    public var extra: [Verbatim.Member]

    public init(
        id: EventID, subject: String?, traceparent: String? = nil, provider: String, source: String, channel: Channel,
        direction: Direction, providerMessageId: String?, from: Address?, to: Address?, occurredAt: Instant?,
        receivedAt: Instant, correlation: Correlation = Correlation(), authenticity: Authenticity,
        provenance: Provenance, body: Body, extra: [Verbatim.Member] = []
    ) {
        self.id = id
        self.subject = subject
        self.traceparent = traceparent
        self.provider = provider
        self.source = source
        self.channel = channel
        self.direction = direction
        self.providerMessageId = providerMessageId
        self.from = from
        self.to = to
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.correlation = correlation
        self.authenticity = authenticity
        self.provenance = provenance
        self.body = body
        self.extra = extra
    }

    public var type: Kind { body.kind }

    /// The types there are.
    public enum Kind: String, Sendable, CaseIterable {
        case messageReceived = "mogate.message.received"
        case consentChanged = "mogate.consent.changed"
        case messageStatus = "mogate.message.status"
        case messageSent = "mogate.message.sent"
        case providerNotice = "mogate.provider.notice"
    }

    public enum Direction: String, Sendable, CaseIterable {
        /// From an end user to us.
        case inbound
        /// About something that we sent.
        case outbound
    }

    /// What is the type's own.
    public enum Body: Sendable, Equatable {
        case received(Message)
        case sent(Message)
        case consent(Consent)
        case status(Status)
        /// The kind of notice, such as `template`; what it says is in ``Event/extra``.
        case notice(kind: String)

        public var kind: Kind {
            switch self {
            case .received: .messageReceived
            case .sent: .messageSent
            case .consent: .consentChanged
            case .status: .messageStatus
            case .notice: .providerNotice
            }
        }
    }

    /// A message: its parts in their order, however many the vendor made of it.
    public struct Message: Sendable, Equatable {
        public let content: [Content]
        /// An MMS subject; nil where empty.
        public let subjectLine: String?
        public let keyword: Keyword?

        public init(content: [Content], subjectLine: String? = nil, keyword: Keyword? = nil) {
            self.content = content
            self.subjectLine = subjectLine
            self.keyword = keyword
        }
    }

    /// An opt-in or an opt-out.
    public struct Consent: Sendable, Equatable {
        public let state: State
        public let cause: Cause
        /// Whether the vendor keeps the opt-out list itself; nil where it does not say.
        public let handledByProvider: Bool?
        /// The event of the message that it follows from.
        public var evidence: EventID?

        public enum State: String, Sendable, CaseIterable {
            case optedIn, optedOut
        }

        public enum Cause: String, Sendable, CaseIterable {
            /// A word such as STOP or START, found by the vendor or by the source's keywords.
            case keyword
            /// The vendor's own flag on a reply.
            case optOutFlag
            /// An opt-in that the vendor tells of by itself.
            case optIn
            /// The end user unsubscribed from emails.
            case unsubscribe
            /// The end user complained about an email.
            case complaint
        }

        public init(state: State, cause: Cause, handledByProvider: Bool? = nil, evidence: EventID? = nil) {
            self.state = state
            self.cause = cause
            self.handledByProvider = handledByProvider
            self.evidence = evidence
        }
    }

    /// What became of an outbound message.
    public struct Status: Sendable, Equatable {
        public var state: State
        /// Whether nothing more will come.
        public var isFinal: Bool
        /// The vendor's code, as text.
        public var providerCode: String?
        /// The vendor's name for the code.
        public var providerState: String?
        public var description: String?
        /// One for each channel tried, in the vendor's order.
        public var channels: [ChannelStatus]

        public enum State: String, Sendable, CaseIterable {
            /// It waits at the vendor.
            case queued
            /// It is on its way from the vendor to the carrier.
            case sending
            /// The carrier has it.
            case sent
            /// The end user's device has it.
            case delivered
            /// The end user has read it.
            case read
            /// It could not be sent or delivered, for a reason that is neither of the next two.
            case failed
            /// The vendor or the carrier refused it, such as for the number, the content, or an opt-out.
            case rejected
            /// The device could not be reached, such as for being off or out of coverage, until the message expired.
            case undelivered
            /// Nobody told what became of it.
            case unconfirmed
            /// The vendor's code is in no table.
            case unknown
        }

        public init(
            state: State, isFinal: Bool, providerCode: String? = nil, providerState: String? = nil,
            description: String? = nil, channels: [ChannelStatus] = []
        ) {
            self.state = state
            self.isFinal = isFinal
            self.providerCode = providerCode
            self.providerState = providerState
            self.description = description
            self.channels = channels
        }
    }

    /// What became of an outbound message on one of the channels that were tried.
    public struct ChannelStatus: Sendable, Equatable {
        public let channel: Channel
        public let state: Status.State
        public let providerCode: String?
        public let providerMessageId: String?
        public let description: String?
        /// When it came to this state, by the vendor.
        public let at: Instant?

        public init(
            channel: Channel, state: Status.State, providerCode: String? = nil, providerMessageId: String? = nil,
            description: String? = nil, at: Instant? = nil
        ) {
            self.channel = channel
            self.state = state
            self.providerCode = providerCode
            self.providerMessageId = providerMessageId
            self.description = description
            self.at = at
        }
    }

    /// What ties the event to something that the company sent or knows.
    public struct Correlation: Sendable, Equatable {
        /// The company's own id, given when it sent the message that this is about or an answer to.
        public let externalId: String?
        /// The company's own too, in the vendor's order.
        public let tags: [Tag]
        /// The vendor's id of what was last said between the two, by either (Mobile Text Alerts).
        public let previousMessageId: String?
        /// The vendor's id of the outbound message that this answers (Telesign: RCS, Viber and WhatsApp).
        public let originalReferenceId: String?
        /// What the company gave with the outbound message, to have it back with the answer (Telesign: Viber).
        public let trackingData: String?

        public struct Tag: Sendable, Equatable {
            public let name: String
            public let value: String

            public init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        public init(
            externalId: String? = nil, tags: [Tag] = [], previousMessageId: String? = nil,
            originalReferenceId: String? = nil, trackingData: String? = nil
        ) {
            self.externalId = externalId
            self.tags = tags
            self.previousMessageId = previousMessageId
            self.originalReferenceId = originalReferenceId
            self.trackingData = trackingData
        }
    }
}

/// How the sender of a request was proved.
public struct Authenticity: Sendable, Equatable {
    public let method: Method
    /// The name of the key that matched; never the key.
    public let key: String?

    public var isVerified: Bool { method != .none }

    /// By what; a vendor's own signature goes by a name of the vendor's, such as `telesign-hmac-sha256`.
    public struct Method: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
        public static let basic: Method = "basic"
        public static let pathToken: Method = "path-token"
        public static let mutualTLS: Method = "mtls"
        public static let none: Method = "none"

        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        public init(stringLiteral rawValue: String) {
            self.init(rawValue: rawValue)
        }
    }

    public init(method: Method, key: String?) {
        self.method = method
        self.key = key
    }
}

/// Where an event came from and how it was read.
public struct Provenance: Sendable, Equatable {
    /// Finds the raw request.
    public let requestId: EventID
    /// SHA-256 of the body, 64 lower-case hexadecimal digits.
    public let bodySha256: String
    /// The decoder and its version, such as `telesign/1`.
    public let decoder: String
    /// Which of the request's events it is, from 0.
    public var index: Int
    public let idBasis: IDBasis
    /// The names of the fields that the configuration supplied because the callback did not.
    public var configured: [String]
    /// Each leniency taken, in words.
    public var warnings: [String]

    /// What the event's id was made of.
    public enum IDBasis: String, Sendable, CaseIterable {
        /// The vendor's own id.
        case provider
        /// The SHA-256 of the body, since the vendor gave no id.
        case body
    }

    public init(
        requestId: EventID, bodySha256: String, decoder: String, index: Int, idBasis: IDBasis,
        configured: [String] = [], warnings: [String] = []
    ) {
        self.requestId = requestId
        self.bodySha256 = bodySha256
        self.decoder = decoder
        self.index = index
        self.idBasis = idBasis
        self.configured = configured
        self.warnings = warnings
    }
}
