internal import Model
internal import Wire

extension Telesign {
    /// WhatsApp: a message of one of eight types, or a button that was tapped. It has no `sub_resource`.
    ///
    ///     {"status":{…},"content":{"content":{"body":"Thank you"},"type":"text"},"phone_number":"11234567890",
    ///      "reference_id":"0123456789ABCDEF0123456789ABCDEF","waba_phone_number":"11234567891"}
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/openapi/engage-callbacks.json> (read 2026-11-22).
    enum WhatsApp {
        static func message(in callback: Callback) -> InboundMessage {
            let root = callback.root
            var message = InboundMessage()
            // Documented: the company's number.
            message.to = callback.identifier("waba_phone_number", of: root).map { Address(international: $0) }
            guard let content = root.object("content") else { return message }
            if content.hasValue("type") || content.hasValue("content") {
                if let part = part(of: content, in: callback) {
                    message.content.append(part)
                } else {
                    content.putBack("type")
                }
            }
            if let action = content.object("end_user_action") {
                EndUserAction.read(action, into: &message, of: callback)
            }
            message.addUnfamiliar(of: content, except: known, noting: callback.findings)
            return message
        }

        /// Documented: the types, and the fields of each. `unsupported` has none, and stands for whatever WhatsApp can do that
        /// the vendor cannot.
        private static func part(of content: Fields, in callback: Callback) -> Content? {
            guard let word = content.text("type") else {
                if !content.hasValue("type") { callback.warn("type", of: content, "missing") }
                return inner(of: content, in: callback).flatMap { untyped($0, in: callback) }
            }
            let type = word.lowercased()
            if type != word {
                content.putBack("type")
                callback.warn("type", of: content, "not in lower case")
            }
            switch type {
            case "text":
                return inner(of: content, in: callback).flatMap { text(in: $0, of: callback) }
            case "location":
                return inner(of: content, in: callback).flatMap { Content.Location($0, of: callback) }.map {
                    .location($0)
                }
            case "image", "audio", "video", "document", "sticker":
                return inner(of: content, in: callback).flatMap { media(in: $0, type: type, of: callback) }
            case "unsupported":
                return unsupported(word, in: callback)
            default:
                content.sight("type", word: word)
                return unsupported(word, in: callback)
            }
        }

        private static func inner(of content: Fields, in callback: Callback) -> Fields? {
            guard let inner = content.object("content") else {
                callback.faultMissing("content", of: content)
                return nil
            }
            return inner
        }

        private static func text(in inner: Fields, of callback: Callback) -> Content? {
            guard let body = inner.text("body") else {
                callback.faultMissing("body", of: inner)
                return nil
            }
            return .text(body)
        }

        /// A message without its type, by its fields (inferred).
        private static func untyped(_ inner: Fields, in callback: Callback) -> Content? {
            if inner.hasValue("body") { return text(in: inner, of: callback) }
            if inner.hasValue("latitude") { return Content.Location(inner, of: callback).map { .location($0) } }
            if inner.hasValue("url") { return media(in: inner, type: nil, of: callback) }
            return unsupported("unknown", in: callback)
        }

        /// All of the content as it is, for whoever can read it.
        private static func unsupported(_ type: String, in callback: Callback) -> Content? {
            callback.root.verbatim("content").map { .unsupported(providerType: type, raw: $0) }
        }

        private static func media(in inner: Fields, type: String?, of callback: Callback) -> Content? {
            guard let url = inner.text("url") else {
                callback.faultMissing("url", of: inner)
                inner.keep("sha256", "mime_type", "filename", "voice", "animated")
                return nil
            }
            let contentType = inner.text("mime_type")
            let fileName = inner.text("filename")
            return .media(
                Content.Media(
                    kind: kind(of: type, in: inner) ?? Content.Media.Kind(contentType: contentType, fileName: fileName),
                    url: url, contentType: contentType, fileName: fileName, sha256: digest(in: inner, of: callback),
                    isAnimated: inner.bool("animated"), expiresAt: Instant(expiryOf: url)))
        }

        /// Documented: `voice` is true of an audio that was recorded on the spot.
        private static func kind(of type: String?, in inner: Fields) -> Content.Media.Kind? {
            guard let type else { return nil }
            return type == "audio" && inner.bool("voice") == true ? .voice : Content.Media.Kind(rawValue: type)
        }

        /// Documented as base64; in the event it is hexadecimal.
        private static func digest(in inner: Fields, of callback: Callback) -> String? {
            guard let text = inner.text("sha256") else { return nil }
            guard let digest = Base64.decode(text), digest.count == 32 else {
                inner.putBack("sha256")
                callback.warn("sha256", of: inner, "not a SHA-256 in base64")
                return nil
            }
            return Hex.encode(digest)
        }

        /// Documented.
        private static let known: Set<String> = ["type", "content", "end_user_action"]
    }
}
