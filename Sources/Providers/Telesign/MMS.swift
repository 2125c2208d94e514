internal import Model

extension Telesign {
    /// `mo_mms`: texts and files under numbered names.
    ///
    ///     {"content":{"text_1":"Thank you","url_image_1":"https://messaging-qa.telesign.com/mms/…?Expires=1697283961&…",
    ///      "subject":""},"reference_id":"0123456789ABCDEF0123456789ABCDEF","phone_number":"11234567890",
    ///      "sub_resource":"mo_mms","status":{…}}
    ///
    /// The company's own number is in none of the documented fields.
    ///
    /// Vendor's page: <https://developer.telesign.com/enterprise/openapi/engage-callbacks.json> (read 2026-11-22).
    enum MMS {
        static func message(in callback: Callback) -> InboundMessage {
            var message = InboundMessage()
            guard let content = callback.root.object("content") else { return message }
            // Documented; empty in the example.
            message.subjectLine = content.text("subject")
            let parts = content.names.compactMap(Part.init)
            for part in parts.sorted(by: { $0.place < $1.place }) {
                guard let value = content.text(part.name) else { continue }
                guard let kind = part.media else {
                    message.content.append(.text(value))
                    continue
                }
                if part.isUnfamiliar { callback.findings.sight(.field, at: "\(content.path).\(part.name)") }
                message.content.append(
                    .media(Content.Media(kind: kind, url: value, expiresAt: Instant(expiryOf: value))))
            }
            let known = Set(parts.map(\.name)).union(["subject"])
            message.addUnfamiliar(of: content, except: known, noting: callback.findings)
            return message
        }

        /// Whether a content has a name of this channel's kind.
        static func isLike(_ content: Fields) -> Bool {
            content.names.contains { Part($0) != nil }
        }

        /// A numbered name.
        private struct Part {
            let name: String
            let number: Int
            /// Nil for a text.
            let media: Content.Media.Kind?
            /// Its place among those of the same number.
            let rank: Int

            /// Documented: `text_N`, `url_image_N`, `url_video_N` and `url_audio_N`. Another `url_…_N` is taken for a file.
            init?(_ name: String) {
                guard let bar = name.utf8.lastIndex(of: UInt8(ascii: "_")) else { return nil }
                let digits = name.utf8[name.utf8.index(after: bar)...]
                let isNumber =
                    (1...9).contains(digits.count) && digits.allSatisfy(\.isDigit)
                guard isNumber, let number = Int(Substring(digits)) else { return nil }
                let word = name[..<bar]
                switch word {
                case "text": (media, rank) = (nil, 0)
                case "url_image": (media, rank) = (.image, 1)
                case "url_video": (media, rank) = (.video, 2)
                case "url_audio": (media, rank) = (.audio, 3)
                case _ where word.hasPrefix("url_"): (media, rank) = (.file, 4)
                default: return nil
                }
                self.name = name
                self.number = number
            }

            var isUnfamiliar: Bool { media == .file }

            /// By number and not by name, for `text_10` follows `text_2`; a text before the files of its number.
            var place: (Int, Int, String) { (number, rank, name) }
        }
    }
}
