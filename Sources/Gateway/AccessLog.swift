internal import Model

/// A line for each request that the front door hands on, where the operator asks for it.
///
/// It names the source rather than the path, which may be anything, or a secret; and it never quotes a query or a body.
struct AccessLog: Sendable {
    let output: LogOutput
    let now: @Sendable () -> Instant

    /// - Parameter sender: whom the request is from, behind proxies that are believed; nil where they do not tell.
    func note(_ request: Webhook, from sender: IPAddress?, source: String?, _ reply: Reply) {
        let end = now()
        var fields = [
            ("sender", sender?.description ?? ""), ("method", request.method),
            ("source", source ?? ""), ("status", String(reply.status)), ("bytes", String(request.body.count)),
            ("durationUs", String(end.microseconds - request.receivedAt.microseconds)),
        ]
        if let traceparent = request.headers["traceparent"] { fields.append(("traceparent", traceparent)) }
        output.write(LogLine(time: end, level: "info", message: "request", fields: fields))
    }
}
