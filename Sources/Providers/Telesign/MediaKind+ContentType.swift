internal import Model

extension Content.Media.Kind {
    /// What a file is by its media type, else by the ending of its name; ``file`` where neither says anything.
    init(contentType: String?, fileName: String?) {
        let type = (contentType ?? "").utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        let text = Substring(type).lowercased()
        switch text.prefix(while: { $0 != "/" }) {
        case "image": self = .image
        case "video": self = .video
        case "audio": self = .audio
        case "text": self = .document
        default: self = text == "application/pdf" ? .document : Self(fileName: fileName ?? "")
        }
    }
}
