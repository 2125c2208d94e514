internal import Model

/// What the admin address answers: health, readiness, metrics, schemas, the operator's page and what it asks; and actions,
/// which alone change anything.
struct Admin: Sendable {
    /// Whether requests would be accepted now; nil where they would, else why not.
    let unreadiness: @Sendable () async -> String?
    /// What is to be known though requests are accepted; nil for nothing.
    let remark: @Sendable () async -> String?
    let metrics: @Sendable () async -> String
    /// Nil where the journal is a log and the operator names no token: there is no file beside which one could lie, and the
    /// commands need none.
    let actions: ActionDoor?
    let desk: OperatorDesk
    /// Names besides numbers and `localhost` that the page may be asked for by.
    let hosts: Set<String>

    nonisolated(nonsending) func answer(_ request: Webhook) async -> Reply {
        if request.path.hasPrefix(ActionDoor.pathStart), request.method != "GET" { return await action(request) }
        guard request.method == "GET" else {
            return .failure(405, "method not allowed", headers: [.init(name: "Allow", value: "GET")])
        }
        switch request.path {
        case "/healthz": return text(200, "ok\n")
        case "/readyz":
            let reason = await unreadiness()
            if let reason { return text(503, reason + "\n") }
            let remark = await remark().map { ", but " + $0 } ?? ""
            return text(200, "ready\(remark)\n")
        case "/metrics":
            return Reply(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(await metrics().utf8))
        case "/schemas/inbound-event-1.json":
            return Reply(status: 200, contentType: "application/schema+json", body: EventSchema.json)
        case "/schemas/asyncapi-1.json":
            return Reply(status: 200, contentType: "application/vnd.aai.asyncapi+json", body: EventAPI.json)
        default: return await page(request)
        }
    }

    /// The page, and what it asks, are for a person who came here on purpose, and for no page from elsewhere.
    private nonisolated(nonsending) func page(_ request: Webhook) async -> Reply {
        guard Guard.isForUs(request, hosts: hosts) else { return .failure(403, "not a name of this address") }
        var reply = PageFiles.reply(to: request.path)
        if reply == nil { reply = await desk.answer(request) }
        if reply == nil, ActionDoor.isAction(request.path) { reply = await actions?.answer(request) }
        return (reply ?? .failure(404, "not found")).adding(Guard.headers)
    }

    /// A page from elsewhere can post here, but neither knows the token nor may say that it is ours.
    private nonisolated(nonsending) func action(_ request: Webhook) async -> Reply {
        guard Guard.isForUs(request, hosts: hosts), Guard.isFromUs(request) else {
            return .failure(403, "not from this address").adding(Guard.headers)
        }
        return (await actions?.answer(request) ?? Self.onlyByCommand).adding(Guard.headers)
    }

    /// What is answered in place of actions where they are not.
    private static let onlyByCommand = Reply.failure(
        501, "the journal is a NATS stream: it is changed from here where the configuration has an `admin.token`")

    private func text(_ status: Int, _ text: String) -> Reply {
        Reply(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
