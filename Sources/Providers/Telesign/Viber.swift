internal import Model

extension Telesign {
    /// Viber: a text or a file. It has no `sub_resource`, and no field for the company's own address.
    ///
    ///     {"content":{"text":"Thank you! 😎"},"phone_number":"11234567890","status":{…},
    ///      "reference_id":"0123456789ABCDEF0123456789ABCDEF"}
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/openapi/engage-callbacks.json> (read 2026-11-22).
    enum Viber {
        static func message(in callback: Callback) -> InboundMessage {
            var message = InboundMessage()
            guard let content = callback.root.object("content") else { return message }
            if let text = content.text("text") { message.content.append(.text(text)) }
            if let url = content.text("media") {
                // Documented: images, videos and files, and nothing but the name to tell them apart, or else the URL (inferred).
                let fileName = content.text("file_name")
                message.content.append(
                    .media(
                        Content.Media(
                            kind: Content.Media.Kind(fileName: fileName ?? url), url: url, fileName: fileName,
                            expiresAt: Instant(expiryOf: url))))
            } else if content.hasValue("file_name") {
                content.keep("file_name")
                callback.warn("file_name", of: content, "without a file")
            }
            message.trackingData = content.text("tracking_data")
            message.originalReferenceId = content.id("original_reference_id")
            message.addUnfamiliar(of: content, except: known, noting: callback.findings)
            return message
        }

        /// Documented.
        private static let known: Set<String> = [
            "text", "media", "file_name", "tracking_data", "original_reference_id",
        ]
    }
}
