internal import Model

extension Telesign {
    /// `mo_rcs`: a text, a place, a file, or a button that was tapped.
    ///
    ///     {"rcs_sender_id":"rcs_sender_example","phone_number":"11234567890","status":{…},
    ///      "reference_id":"0123456789ABCDEF0123456789ABCDEF","content":{"file":{"payload":{"name":"61999.jpg",
    ///      "mime_type":"image/jpeg","uri":"https://rcs-user-content-eu.storage.googleapis.com/…","size_bytes":335861}}},
    ///      "sub_resource":"mo_rcs"}
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/reference/rcscallbacks> (read 2026-11-22).
    enum RCS {
        static func message(in callback: Callback) -> InboundMessage {
            var message = InboundMessage()
            // Documented as the agent's id; an example has it empty.
            message.to = callback.root.text("rcs_sender_id").map { Address(kind: .rcsAgent, value: $0, raw: $0) }
            guard let content = callback.root.object("content") else { return message }
            if let text = content.text("text") { message.content.append(.text(text)) }
            if let location = content.object("location").flatMap({ Content.Location($0, of: callback) }) {
                message.content.append(.location(location))
            }
            if let media = content.object("file").flatMap({ media(in: $0, of: callback) }) {
                message.content.append(.media(media))
            }
            if let action = content.object("end_user_action") {
                EndUserAction.read(action, into: &message, of: callback)
            }
            message.addUnfamiliar(of: content, except: known, noting: callback.findings)
            return message
        }

        /// Documented: images, videos, audio, files, stickers and GIFs all have this form.
        private static func media(in file: Fields, of callback: Callback) -> Content.Media? {
            guard let payload = file.object("payload") else {
                callback.faultMissing("payload", of: file)
                return nil
            }
            guard let url = payload.text("uri") else {
                callback.faultMissing("uri", of: payload)
                payload.keep("name", "mime_type", "size_bytes")
                return nil
            }
            let contentType = payload.text("mime_type")
            let fileName = payload.text("name")
            return Content.Media(
                kind: Content.Media.Kind(contentType: contentType, fileName: fileName), url: url,
                contentType: contentType, fileName: fileName, sizeBytes: payload.integer("size_bytes"),
                expiresAt: Instant(expiryOf: url))
        }

        /// Documented: one of these.
        private static let known: Set<String> = ["text", "location", "file", "end_user_action"]
    }
}
