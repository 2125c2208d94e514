internal import Model

/// What the admin address answers: health, readiness, metrics, schemas; and actions, which alone change anything.
struct Admin: Sendable {
    /// Whether requests would be accepted now; nil where they would, else why not.
    let unreadiness: @Sendable () async -> String?
    let metrics: @Sendable () async -> String
    let actions: ActionDoor

    nonisolated(nonsending) func answer(_ request: Webhook) async -> Reply {
        if request.path.hasPrefix(ActionDoor.pathStart) { return await actions.answer(request) }
        guard request.method == "GET" else {
            return .failure(405, "method not allowed", headers: [.init(name: "Allow", value: "GET")])
        }
        switch request.path {
        case "/healthz": return text(200, "ok\n")
        case "/readyz":
            let reason = await unreadiness()
            return text(reason == nil ? 200 : 503, (reason ?? "ready") + "\n")
        case "/metrics":
            return Reply(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(await metrics().utf8))
        case "/schemas/inbound-event-1.json":
            return Reply(status: 200, contentType: "application/schema+json", body: EventSchema.json)
        default: return .failure(404, "not found")
        }
    }

    private func text(_ status: Int, _ text: String) -> Reply {
        Reply(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
