internal import Model
internal import Page

/// The files of the operator's page, as they are served.
enum PageFiles {
    /// The file at that path; nil where there is none.
    static func reply(to path: String) -> Reply? {
        guard let file = PageFile.all.first(where: { $0.path == path }) else { return nil }
        return Reply(status: 200, contentType: file.contentType, body: file.bytes)
    }
}
