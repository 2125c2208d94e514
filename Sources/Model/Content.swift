/// One part of a message.
public enum Content: Sendable, Equatable {
    case text(String)
    case media(Media)
    case location(Location)
    case choice(Choice)
    /// A type the model does not have: the vendor's word for it, and what came with it.
    case unsupported(providerType: String, raw: Verbatim)

    /// A file that the vendor keeps: its address only, for nothing is fetched.
    public struct Media: Sendable, Equatable {
        public let kind: Kind
        public let url: String
        public let contentType: String?
        public let fileName: String?
        public let sizeBytes: Int64?
        /// Lower-case hexadecimal.
        public let sha256: String?
        public let isAnimated: Bool?
        /// When the address stops working, where the address itself says so.
        public let expiresAt: Instant?

        public enum Kind: String, Sendable, CaseIterable {
            case image, audio, voice, video, document, sticker, file
        }

        public init(
            kind: Kind, url: String, contentType: String? = nil, fileName: String? = nil, sizeBytes: Int64? = nil,
            sha256: String? = nil, isAnimated: Bool? = nil, expiresAt: Instant? = nil
        ) {
            self.kind = kind
            self.url = url
            self.contentType = contentType
            self.fileName = fileName
            self.sizeBytes = sizeBytes
            self.sha256 = sha256
            self.isAnimated = isAnimated
            self.expiresAt = expiresAt
        }
    }

    /// A place, in degrees.
    public struct Location: Sendable, Equatable {
        public let latitude: Double
        public let longitude: Double
        public let name: String?
        public let address: String?
        public let url: String?

        public init(
            latitude: Double, longitude: Double, name: String? = nil, address: String? = nil, url: String? = nil
        ) {
            self.latitude = latitude
            self.longitude = longitude
            self.name = name
            self.address = address
            self.url = url
        }
    }

    /// A button or a suggested reply that the end user tapped.
    public struct Choice: Sendable, Equatable {
        public let text: String?
        public let payload: String?
        /// The vendor's id of the outbound message that offered it.
        public let choiceOf: String?

        public init(text: String? = nil, payload: String? = nil, choiceOf: String? = nil) {
            self.text = text
            self.payload = payload
            self.choiceOf = choiceOf
        }
    }
}
