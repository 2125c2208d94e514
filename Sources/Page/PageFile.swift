/// A file of the operator's page, as it was when the program was built: it is served by the binary itself.
public struct PageFile: Sendable {
    public let path: String
    public let contentType: String
    public let bytes: [UInt8]

    public static let all = [
        PageFile(path: "/", contentType: html, bytes: PackageResources.index_html),
        PageFile(path: "/page/page.css", contentType: css, bytes: PackageResources.page_css),
        PageFile(path: "/page/page.js", contentType: script, bytes: PackageResources.page_js),
        PageFile(path: "/page/actions.js", contentType: script, bytes: PackageResources.actions_js),
        PageFile(path: "/page/api.js", contentType: script, bytes: PackageResources.api_js),
        PageFile(path: "/page/dom.js", contentType: script, bytes: PackageResources.dom_js),
        PageFile(path: "/page/json.js", contentType: script, bytes: PackageResources.json_js),
        PageFile(path: "/page/plot.js", contentType: script, bytes: PackageResources.plot_js),
        PageFile(path: "/page/events.js", contentType: script, bytes: PackageResources.events_js),
        PageFile(path: "/page/event.js", contentType: script, bytes: PackageResources.event_js),
        PageFile(path: "/page/flow.js", contentType: script, bytes: PackageResources.flow_js),
        PageFile(path: "/page/trouble.js", contentType: script, bytes: PackageResources.trouble_js),
        PageFile(path: "/page/icon.svg", contentType: "image/svg+xml", bytes: PackageResources.icon_svg),
    ]

    private static let html = "text/html; charset=utf-8"
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"
}
