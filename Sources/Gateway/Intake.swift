internal import Front
internal import Journal
package import Model
package import Providers
internal import Threads

/// The way of a request: from its bytes to the disk, and only then to its answer.
///
/// A class, for each request holds on to it while it waits.
final class Intake: Sendable {
    /// After how many seconds a vendor is asked to come back when nothing can be stored.
    static let retryAfterSeconds = 5

    private let routes: Lock<Routes>
    private let throttle: Throttle
    private let journal: any Journal
    private let now: @Sendable () -> Instant
    private let report: Reporter
    private let accessLog: AccessLog?

    init(
        routes: Lock<Routes>, throttle: Throttle, journal: any Journal, now: @escaping @Sendable () -> Instant,
        report: Reporter, accessLog: AccessLog?
    ) {
        self.routes = routes
        self.throttle = throttle
        self.journal = journal
        self.now = now
        self.report = report
        self.accessLog = accessLog
    }

    /// Whether a request is let in, by its head: of one that is not, no byte of the body is read.
    func admit(_ head: Webhook) -> Admission {
        let (route, proxies) = routes.withLock { ($0.find(head.path), $0.proxies) }
        let sender = proxies.sender(of: head)
        do throws(Rejection) {
            let route = try admit(head, from: sender, by: route)
            return .admitted(bodyBytesMax: route.source.access.bodyBytesMax) { webhook in
                await self.answer(webhook, from: sender, by: route)
            }
        } catch {
            accessLog?.note(head, from: sender, source: route?.source.name, error.reply)
            return .refused(error.reply)
        }
    }

    /// What a request is answered that is not taken.
    private struct Rejection: Error {
        let reply: Reply
    }

    private func admit(
        _ head: Webhook, from sender: IPAddress?, by route: Routes.Route?
    ) throws(Rejection) -> Routes.Route {
        let waitSeconds = throttle.secondsToWait(from: sender, to: route?.source, at: head.receivedAt)
        guard waitSeconds == 0 else { throw throttled(by: route, seconds: waitSeconds) }
        guard let route else { throw misdirected(head, from: sender, status: 404) }
        guard head.method == "POST" else { throw misdirected(head, from: sender, status: 405) }
        guard isPlain(head.headers) else { throw misdirected(head, from: sender, status: 415) }
        do throws(Refusal) {
            let networks = route.source.access.networks
            let isNear = networks.isEmpty || networks.contains { sender.map($0.contains) ?? false }
            guard isNear else { throw .forged(.address) }
            try route.provider.checkHead(head, for: route.source)
            return route
        } catch {
            throw refused(error, from: sender, by: route, at: head.receivedAt)
        }
    }

    /// The answer to a request that was let in.
    ///
    /// It runs on the caller's thread, and leaves it only while the disk is written. What it holds across that wait is in
    /// memory once for each request that waits, so what comes before and after is done by functions of their own.
    private nonisolated(nonsending) func answer(
        _ webhook: Webhook, from sender: IPAddress?, by route: Routes.Route
    ) async -> Reply {
        let reply: Reply
        switch read(webhook, from: sender, by: route) {
        case .failure(let rejection): reply = rejection.reply
        case .success(let submission):
            do throws(JournalError) {
                reply = stored(try await journal.append(submission.receipt), submission, by: route)
            } catch {
                reply = unavailable(error, by: route)
            }
        }
        accessLog?.note(webhook, from: sender, source: route.source.name, reply)
        return reply
    }

    /// What goes to the journal of a request, and what counts it afterwards.
    private struct Submission {
        let receipt: Receipt
        /// Where its events are counted.
        let eventPlaces: [Int]
        let readAt: Instant
    }

    /// What a request comes to. All else that was made of it is gone when this returns, so that requests that wait for the
    /// disk hold little, and the next one is read in the same memory.
    private func read(
        _ webhook: Webhook, from sender: IPAddress?, by route: Routes.Route
    ) -> Result<Submission, Rejection> {
        let (provider, source) = (route.provider, route.source)
        let request: Authentic
        do throws(Refusal) {
            request = try provider.authenticate(webhook, for: source)
        } catch {
            return .failure(refused(error, from: sender, by: route, at: webhook.receivedAt))
        }
        throttle.proved(sender)
        let waitSeconds = throttle.take(from: source, at: webhook.receivedAt)
        guard waitSeconds == 0 else { return .failure(throttled(by: route, seconds: waitSeconds)) }
        var decoding = provider.decode(request, for: source)
        let eventPlaces = route.meter.places(of: decoding.events)
        let receipt = Receipt(request, &decoding, keeping: provider.headerNames(toKeepOf: request), for: source)
        let readAt = now()
        route.meter.decoding.note(microseconds: readAt.microseconds - webhook.receivedAt.microseconds)
        return .success(Submission(receipt: receipt, eventPlaces: eventPlaces, readAt: readAt))
    }

    // Not inlined: what is inlined into an async function may enlarge its frame, which lasts as long as the wait.
    @inline(never)
    private func stored(_ appended: Appended, _ submission: Submission, by route: Routes.Route) -> Reply {
        let meter = route.meter
        meter.committing.note(microseconds: now().microseconds - submission.readAt.microseconds)
        guard !appended.isDuplicate else {
            meter.duplicate.add()
            return route.provider.success
        }
        let receipt = submission.receipt
        meter.accept(receipt, eventsAt: submission.eventPlaces)
        for fault in receipt.faults {
            report(.quarantined(source: receipt.source, requestId: receipt.requestId, fault: fault))
        }
        for sighting in receipt.sightings { report(.drift(provider: receipt.provider, sighting: sighting)) }
        return route.provider.success
    }

    @inline(never)
    private func unavailable(_ error: JournalError, by route: Routes.Route) -> Reply {
        route.meter.unavailable.add()
        report(.unavailable(source: route.source.name, error: error))
        return .unavailable
    }

    private func misdirected(_ request: Webhook, from sender: IPAddress?, status: Int) -> Rejection {
        throttle.refused(sender, at: request.receivedAt)
        report.metrics.countMisdirected(status)
        report(.misdirected(status: status))
        let reply: Reply =
            switch status {
            case 404: .failure(404, "not found")
            case 405: .failure(405, "method not allowed", headers: [.init(name: "Allow", value: "POST")])
            default: .failure(status, "content encoding not supported")
            }
        return Rejection(reply: reply)
    }

    private func refused(_ why: Refusal, from sender: IPAddress?, by route: Routes.Route, at now: Instant) -> Rejection
    {
        throttle.refused(sender, at: now)
        route.meter.refused.add()
        report(.refused(source: route.source.name, why: why))
        return Rejection(reply: .failure(401, "unauthorized"))
    }

    private func throttled(by route: Routes.Route?, seconds: Int) -> Rejection {
        if let route { route.meter.throttled.add() } else { report.metrics.countMisdirected(429) }
        report(.throttled(source: route?.source.name ?? ""))
        return Rejection(
            reply: .failure(
                429, "too many requests", headers: [.init(name: "Retry-After", value: String(seconds))]))
    }

    /// Signatures are over the bytes as they came, and nothing is ever inflated.
    private func isPlain(_ headers: Headers) -> Bool {
        headers["Content-Encoding"].map { $0.lowercased() == "identity" } ?? true
    }
}

extension Reply {
    /// Nothing could be stored, so nothing is pretended.
    static let unavailable = failure(
        503, "unavailable", headers: [.init(name: "Retry-After", value: String(Intake.retryAfterSeconds))])
}

extension Receipt {
    /// What the journal keeps of a request: its bytes, the header fields worth keeping, and what it came to, whose events are
    /// taken out.
    package convenience init(
        _ request: Authentic, _ decoding: inout Decoding, keeping names: [String], for source: Source
    ) {
        self.init(
            requestId: request.requestId, receivedAt: request.receivedAt, source: source.name,
            provider: source.provider, headers: request.headers.block(of: names, and: Self.plainHeaders),
            body: request.body, bodyDigest: request.bodyDigest,
            events: decoding.freezeEvents(),
            faults: decoding.faults, authenticity: request.authenticity, sightings: decoding.sightings)
    }

    /// Kept of every request, whoever sent it.
    private static let plainHeaders = ["Content-Type", "User-Agent", "traceparent"]
}
