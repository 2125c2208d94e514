internal import Model

extension Content.Media.Kind {
    /// What a file is by the ending of its name or of its address; ``file`` where that says nothing.
    init(fileName: String) {
        let name = fileName.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else {
            self = .file
            return
        }
        let ending = name[name.index(after: dot)...]
        self = ending.count > 5 ? .file : Self.byEnding[Substring(ending).lowercased()] ?? .file
    }

    private static let byEnding: [String: Content.Media.Kind] = [
        "jpg": .image, "jpeg": .image, "png": .image, "gif": .image, "webp": .image, "bmp": .image, "heic": .image,
        "heif": .image, "tif": .image, "tiff": .image, "avif": .image, "svg": .image,
        "mp4": .video, "m4v": .video, "mov": .video, "3gp": .video, "3gpp": .video, "3g2": .video, "webm": .video,
        "avi": .video, "mkv": .video, "mpg": .video, "mpeg": .video,
        "mp3": .audio, "m4a": .audio, "aac": .audio, "amr": .audio, "wav": .audio, "ogg": .audio, "oga": .audio,
        "opus": .audio, "flac": .audio, "caf": .audio,
        "pdf": .document, "doc": .document, "docx": .document, "xls": .document, "xlsx": .document, "ppt": .document,
        "pptx": .document, "txt": .document, "csv": .document, "rtf": .document, "odt": .document, "vcf": .document,
        "ics": .document,
    ]
}
