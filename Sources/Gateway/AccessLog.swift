internal import Model

/// A line for each request that was whole, where the operator asks for it.
///
/// It names the source rather than the path, which may be anything, or a secret; and it never quotes a query or a body.
struct AccessLog: Sendable {
    let output: LogOutput
    let now: @Sendable () -> Instant

    func note(_ request: Webhook, source: String?, _ reply: Reply) {
        let end = now()
        var fields = [
            ("time", end.rfc3339), ("message", "request"), ("peer", request.peer), ("method", request.method),
            ("source", source ?? ""), ("status", String(reply.status)), ("bytes", String(request.body.count)),
            ("durationUs", String(end.microseconds - request.receivedAt.microseconds)),
        ]
        if let traceparent = request.headers["traceparent"] { fields.append(("traceparent", traceparent)) }
        output.write(JSONLog.line(fields))
    }
}
